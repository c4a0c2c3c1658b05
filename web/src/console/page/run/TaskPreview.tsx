import type { TaskInstanceResponse } from '../../../contract/task-instances.ts';
import { formatOf } from '../../format/number.ts';
import { StateChip } from '../../state/StateChip.tsx';
import { shortRun } from '../../frame/crumbs.ts';
import styles from './ClearDialog.module.css';

const MOST_SHOWN = 300;

interface Props {
  readonly tasks: readonly TaskInstanceResponse[];
  readonly isLoading: boolean;
  readonly error: Error | null;
  /** Said when the list is empty. */
  readonly none: string;
}

/** Exactly the task instances a change would touch, as the server answered the dry run. */
export function TaskPreview({ tasks, isLoading, error, none }: Props) {
  const runs = new Set(tasks.map(({ dag_run_id: runId }) => runId));
  if (error !== null) {
    return (
      <p className={styles.error} role="alert">
        {error.message}
      </p>
    );
  }
  if (isLoading) return <p className={styles.none}>Asking the server what it would touch …</p>;
  if (tasks.length === 0) return <p className={styles.none}>{none}</p>;
  return (
    <>
      <p className={styles.count} role="status">
        Exactly {formatOf(tasks.length, 'task')}
        {runs.size > 1 ? ` of ${formatOf(runs.size, 'run')}` : ''}
      </p>
      <ul className={styles.preview}>
        {tasks.slice(0, MOST_SHOWN).map((task) => (
          <li key={`${task.dag_run_id} ${task.task_id} ${task.map_index}`}>
            <span>{task.task_id}</span>
            {runs.size > 1 && <span className={styles.quiet}>{shortRun(task.dag_run_id)}</span>}
            <span className={styles.quiet}>
              {task.try_number === 0 ? 'not tried' : `try ${task.try_number}`}
            </span>
            <StateChip state={task.state} />
          </li>
        ))}
      </ul>
      {tasks.length > MOST_SHOWN && (
        <p className={styles.count}>and {formatOf(tasks.length - MOST_SHOWN, 'more', 'more')}</p>
      )}
    </>
  );
}
