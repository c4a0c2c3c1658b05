import type { TaskInstanceResponse } from '../../../contract/task-instances.ts';
import { formatOf } from '../../format/number.ts';
import { StateChip } from '../../state/StateChip.tsx';
import { shortRun } from '../../frame/crumbs.ts';
import styles from './ClearDialog.module.css';
import { PreviewList } from './PreviewList.tsx';

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
  const count = `Exactly ${formatOf(tasks.length, 'task')}`;
  return (
    <PreviewList
      items={isLoading ? undefined : tasks}
      error={error}
      asking="Asking the server what it would touch …"
      none={none}
      count={runs.size > 1 ? `${count} of ${formatOf(runs.size, 'run')}` : count}
      keyOf={(task) => `${task.dag_run_id} ${task.task_id} ${task.map_index}`}
    >
      {(task) => (
        <>
          <span>{task.task_id}</span>
          {runs.size > 1 && <span className={styles.quiet}>{shortRun(task.dag_run_id)}</span>}
          <span className={styles.quiet}>
            {task.try_number === 0 ? 'not tried' : `try ${task.try_number}`}
          </span>
          <StateChip state={task.state} />
        </>
      )}
    </PreviewList>
  );
}
