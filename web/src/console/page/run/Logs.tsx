import type { UiRun } from '../../../contract/ui-run.ts';
import { Compare } from './Compare.tsx';
import { CompareSelect } from './CompareSelect.tsx';
import type { Level } from './log-filter.ts';
import styles from './Logs.module.css';
import type { RunView } from './run-view.ts';
import { TryLog } from './TryLog.tsx';
import { TryTabs } from './TryTabs.tsx';
import type { CompareWith } from './use-compared-try.ts';

export interface LogsProps {
  readonly page: UiRun;
  readonly view: RunView & {
    readonly q: string | undefined;
    readonly level: Level | undefined;
    readonly compareWith: CompareWith | undefined;
  };
  readonly onShow: (next: {
    task?: string;
    try?: number | undefined;
    q?: string | undefined;
    level?: Level | undefined;
    with?: CompareWith | undefined;
  }) => void;
}

/** The log of one try, with the tasks and tries to choose from. */
export function Logs({ page, view, onShow }: LogsProps) {
  const { task, shownTry, compareWith } = view;
  if (task === undefined) return <p className={styles.none}>This run has no tasks.</p>;
  return (
    <div className={styles.logs}>
      <div className={styles.pick}>
        <label className={styles.task}>
          <span className="srOnly">Task</span>
          <select
            value={task.task_id}
            onChange={(event) =>
              onShow({ task: event.target.value, try: undefined, with: undefined })
            }
          >
            {page.tasks.map(({ task_id: id, state }) => (
              <option key={id} value={id}>
                {id} ({state.replaceAll('_', ' ')})
              </option>
            ))}
          </select>
        </label>
        <TryTabs
          task={task}
          shown={shownTry?.try_number}
          onShow={(next) => onShow({ task: task.task_id, try: next })}
        />
        {shownTry !== undefined && (
          <CompareSelect
            task={task}
            tried={shownTry}
            value={compareWith}
            onChange={(next) => onShow({ with: next })}
          />
        )}
      </div>
      {shownTry !== undefined && compareWith !== undefined && (
        <Compare page={page} task={task} tried={shownTry} compareWith={compareWith} />
      )}
      {shownTry === undefined ? (
        <p className={styles.none}>{task.task_id} was not tried yet, so there is no log.</p>
      ) : (
        <TryLog
          key={`${task.task_id} ${shownTry.try_number} ${shownTry.clear_number}`}
          page={page}
          view={view}
          onShow={onShow}
        />
      )}
    </div>
  );
}
