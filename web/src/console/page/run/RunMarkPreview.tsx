import type { UiRunMark } from '../../../contract/ui-run.ts';
import { formatOf } from '../../format/number.ts';
import { StateChip } from '../../state/StateChip.tsx';
import styles from './ClearDialog.module.css';
import { PreviewList } from './PreviewList.tsx';

interface Props {
  readonly mark: UiRunMark | undefined;
  readonly error: Error | null;
}

/** Exactly the tasks that marking a run would change, each with what it becomes, as the server answered. */
export function RunMarkPreview({ mark, error }: Props) {
  return (
    <PreviewList
      items={mark?.tasks}
      error={error}
      asking="Asking the server what it would do …"
      none="No task would change."
      count={mark === undefined ? '' : sayMark(mark)}
      keyOf={(task) => task.task_id}
    >
      {(task) => (
        <>
          <span>{task.task_id}</span>
          <StateChip state={task.state} />
          <span className={styles.quiet} aria-hidden="true">
            →
          </span>
          <span className="srOnly">becomes</span>
          <StateChip state={task.next} />
        </>
      )}
    </PreviewList>
  );
}

/** `Exactly 5 tasks: 2 are stopped at work, 3 have not begun`. */
export function sayMark({ tasks }: UiRunMark): string {
  const stopped = countStopped(tasks);
  const others = tasks.length - stopped;
  if (stopped === 0) return `Exactly ${formatOf(tasks.length, 'task')}`;
  const parts = [
    `${formatOf(stopped, 'is', 'are')} stopped at work`,
    others > 0 ? `${formatOf(others, 'is', 'are')} not at work` : '',
  ].filter((part) => part !== '');
  return `Exactly ${formatOf(tasks.length, 'task')}: ${parts.join(', ')}`;
}

/** Tasks a worker is at, which it is told to stop. */
export function countStopped(tasks: UiRunMark['tasks']): number {
  return tasks.filter(({ state }) => state === 'running').length;
}
