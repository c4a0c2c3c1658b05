import type { UiFailure, UiRun, UiTaskInstance } from '../../../contract/ui-run.ts';
import { useMayChange } from '../../api/session.ts';
import { toCommand } from '../../format/shell.ts';
import { formatMs } from '../../format/duration.ts';
import { formatClock } from '../../format/time.ts';
import { useZone } from '../../format/zone.ts';
import { StateGlyph } from '../../state/StateGlyph.tsx';
import { Button } from '../../ui/Button.tsx';
import { Command } from '../../ui/Command.tsx';
import { ErrorCard } from './ErrorCard.tsx';
import styles from './Failure.module.css';
import { LogWindow } from './LogWindow.tsx';
import { findTry } from './run-view.ts';

interface Props {
  readonly page: UiRun;
  readonly failure: UiFailure;
  readonly onOpenLogs: (taskId: string, tryNumber: number) => void;
}

/** Why it failed: the root first, then its tries, its first bad line and the way to try again. */
export function Failure({ page, failure, onOpenLogs }: Props) {
  const root = page.tasks.find(({ task_id: id }) => id === failure.task_id);
  const { run } = page;
  const mayChange = useMayChange();
  return (
    <div className={styles.failure}>
      <ErrorCard page={page} failure={failure} />
      {root !== undefined && root.tries.length > 0 && (
        <Tries task={root} shown={failure.try_number} onOpenLogs={onOpenLogs} />
      )}
      {root !== undefined && failure.try_number !== null && (
        <section>
          <h3 className={styles.heading}>
            Log around the first error
            {failure.log_line !== null && <span>line {failure.log_line.line}</span>}
            <Button
              look="ghost"
              keys="l"
              onClick={() => onOpenLogs(root.task_id, failure.try_number ?? 1)}
            >
              Open in Logs
            </Button>
          </h3>
          <LogWindow
            address={{ dagId: run.dag_id, runId: run.dag_run_id, taskId: root.task_id }}
            tryNumber={failure.try_number}
            endedAt={findTry(root, failure.try_number)?.end ?? null}
            aroundLine={failure.log_line?.line ?? null}
          />
        </section>
      )}
      {mayChange && (
        <section>
          <h3 className={styles.heading}>Retry it from a terminal</h3>
          <Command>
            {toCommand('runs', 'clear', run.dag_id, run.dag_run_id, '--only-failed')}
          </Command>
        </section>
      )}
    </div>
  );
}

interface TriesProps {
  readonly task: UiTaskInstance;
  readonly shown: number | null;
  readonly onOpenLogs: Props['onOpenLogs'];
}

function Tries({ task, shown, onOpenLogs }: TriesProps) {
  const zone = useZone();
  return (
    <div className={styles.tries} role="group" aria-label={`Tries of ${task.task_id}`}>
      {task.tries.slice(-6).map(({ try_number: number, state, start, end, worker }) => (
        <button
          key={number}
          type="button"
          data-shown={number === shown}
          onClick={() => onOpenLogs(task.task_id, number)}
        >
          <span>
            <StateGlyph state={state === 'lost' ? 'none' : state} /> Try {number}
            {state === 'lost' ? ', lost' : ''}
          </span>
          <small>
            {start === null ? 'not started' : formatClock(start, zone)}
            {start !== null && end !== null && `, ${formatMs(end - start)}`}
            {worker !== null && `, ${worker}`}
          </small>
        </button>
      ))}
    </div>
  );
}
