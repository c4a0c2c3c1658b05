import type { TaskAddress } from '../../api/addresses.ts';
import { logAddress, MOST_LINES, useTaskLog } from '../../api/task-log.ts';
import { formatOf } from '../../format/number.ts';
import { LogBar } from './LogBar.tsx';
import { LogLine } from './LogLines.tsx';
import type { LogsProps } from './Logs.tsx';
import styles from './Logs.module.css';
import { type LogView, useLogView } from './use-log-view.ts';

/** All lines of a try: those in view are drawn, all are searched. */
export function TryLog({ page, view, onShow }: LogsProps) {
  const { task, shownTry, q = '', level } = view;
  const { dag_id: dagId, dag_run_id: runId } = page.run;
  const address: TaskAddress = { dagId, runId, taskId: task?.task_id ?? '' };
  const tryNumber = shownTry?.try_number ?? 1;
  const isLive = shownTry?.state === 'running';
  const log = useTaskLog(address, tryNumber, shownTry?.end ?? null);
  const shown = useLogView(log, { q, level, isLive });
  const isEmpty = log.isRead && shown.lines.length === 0;
  return (
    <>
      <LogBar
        log={shown}
        q={q}
        level={level}
        isLive={isLive}
        href={`${logAddress(address, tryNumber)}?full_content=true`}
        fileName={`${dagId}.${address.taskId}.${tryNumber}.log.json`}
        onShow={onShow}
      />
      {log.error !== null && <p className={styles.error}>{log.error.message}</p>}
      <div
        ref={shown.scroller}
        className={styles.scroller}
        style={isLive ? undefined : { height: heightFor(shown.virtual.getTotalSize()) }}
        tabIndex={0}
        role="log"
        aria-label={`Log of ${address.taskId}, try ${tryNumber}`}
        onWheel={() => shown.setFollowing(false)}
        onTouchMove={() => shown.setFollowing(false)}
      >
        {isEmpty && (
          <p className={styles.none}>
            {log.lines.length === 0
              ? 'This try logged nothing.'
              : `None of its ${formatOf(log.lines.length, 'line')} is at this level.`}
          </p>
        )}
        <Lines view={shown} q={q} />
      </div>
      <p className={styles.foot}>
        {formatOf(log.lines.length, 'line')}
        {log.lines.length >= MOST_LINES && '; the rest is in the download'}
      </p>
    </>
  );
}

/** A short log needs no tall box; one that still grows keeps its height. */
function heightFor(totalHeight: number): string {
  return `min(60vh, ${Math.max(96, totalHeight + 16)}px)`;
}

function Lines({ view, q }: { readonly view: LogView; readonly q: string }) {
  const { virtual, lines, hits, hit, isWrapped } = view;
  return (
    <div className={styles.all} style={{ height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map(({ index, start, key }) => {
        const line = lines[index];
        if (line === undefined) return null;
        return (
          <div
            key={key}
            ref={isWrapped ? virtual.measureElement : undefined}
            data-index={index}
            className={styles.place}
            style={{ top: start }}
          >
            <LogLine line={line} found={q} isCurrent={hits[hit] === index} isWrapped={isWrapped} />
          </div>
        );
      })}
    </div>
  );
}
