import type { UiRun, UiTaskInstance } from '../../../contract/ui-run.ts';
import { useMayChange } from '../../api/session.ts';
import { formatMs } from '../../format/duration.ts';
import { StateChip } from '../../state/StateChip.tsx';
import { Button } from '../../ui/Button.tsx';
import table from '../../ui/Table.module.css';
import { Th } from '../../ui/Th.tsx';
import type { RunDialog } from './RunDialogs.tsx';
import styles from './TaskTable.module.css';

const MOST_ROWS = 400;

interface Props {
  readonly page: UiRun;
  readonly selected: string | undefined;
  readonly onShow: (next: { task: string }) => void;
  readonly onDialog: (dialog: RunDialog) => void;
}

/** Every task of the run as a table: the timeline's equal for those who do not see it. */
export function TaskTable({ page, selected, onShow, onDialog }: Props) {
  const rows = page.tasks.slice(0, MOST_ROWS);
  const chosen = page.tasks.find(({ task_id: id }) => id === selected);
  return (
    <>
      {chosen !== undefined && <Chosen task={chosen} onDialog={onDialog} />}
      <div className={table.scroll}>
        <table className={table.table}>
          <thead>
            <tr>
              <Th>Task</Th>
              <Th>State</Th>
              <Th isRight>Tries</Th>
              <Th isRight>Time</Th>
              <Th>Worker</Th>
            </tr>
          </thead>
          <tbody>
            {rows.map((task) => (
              <tr
                key={task.task_id}
                className={task.task_id === selected ? styles.selected : undefined}
              >
                <td>
                  <button
                    type="button"
                    className={styles.name}
                    onClick={() => onShow({ task: task.task_id })}
                  >
                    {task.task_id}
                  </button>
                </td>
                <td>
                  <StateChip state={task.state} />
                </td>
                <td className={table.right}>
                  {task.try_number} <span className={table.quiet}>of {task.max_tries + 1}</span>
                </td>
                <td className={table.right}>
                  {task.start === null || task.end === null ? '–' : formatMs(task.end - task.start)}
                </td>
                <td className={table.quiet}>{task.worker ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {page.tasks.length > MOST_ROWS && (
        <p className={styles.more}>
          The first {MOST_ROWS} of {page.tasks.length} tasks; the timeline has all of them.
        </p>
      )}
    </>
  );
}

function Chosen({
  task,
  onDialog,
}: {
  readonly task: UiTaskInstance;
  readonly onDialog: Props['onDialog'];
}) {
  const mayChange = useMayChange();
  return (
    <div className={styles.chosen}>
      <div>
        <h2>{task.task_id}</h2>
        <p>
          {task.upstream.length === 0 ? 'needs nothing' : `needs ${task.upstream.join(', ')}`} (
          {task.trigger_rule.replaceAll('_', ' ')}); pool {task.pool}
        </p>
      </div>
      {mayChange && (
        <>
          <Button onClick={() => onDialog({ kind: 'clear', scope: 'task' })}>Clear…</Button>
          <Button onClick={() => onDialog({ kind: 'mark' })}>Mark…</Button>
        </>
      )}
    </div>
  );
}
