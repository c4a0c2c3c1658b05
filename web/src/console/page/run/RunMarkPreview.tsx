import type { UiRunMark } from '../../../contract/ui-run.ts';
import { formatOf } from '../../format/number.ts';
import { StateChip } from '../../state/StateChip.tsx';
import styles from './ClearDialog.module.css';

const MOST_SHOWN = 300;

interface Props {
  readonly mark: UiRunMark | undefined;
  readonly error: Error | null;
}

/** Exactly the tasks that marking a run would change, each with what it becomes, as the server answered. */
export function RunMarkPreview({ mark, error }: Props) {
  if (error !== null) {
    return (
      <p className={styles.error} role="alert">
        {error.message}
      </p>
    );
  }
  if (mark === undefined)
    return <p className={styles.none}>Asking the server what it would do …</p>;
  const { tasks } = mark;
  if (tasks.length === 0) return <p className={styles.none}>No task would change.</p>;
  return (
    <>
      <p className={styles.count} role="status">
        {sayMark(mark)}
      </p>
      <ul className={styles.preview}>
        {tasks.slice(0, MOST_SHOWN).map((task) => (
          <li key={task.task_id}>
            <span>{task.task_id}</span>
            <StateChip state={task.state} />
            <span className={styles.quiet} aria-hidden="true">
              →
            </span>
            <span className="srOnly">becomes</span>
            <StateChip state={task.next} />
          </li>
        ))}
      </ul>
      {tasks.length > MOST_SHOWN && (
        <p className={styles.count}>and {formatOf(tasks.length - MOST_SHOWN, 'more', 'more')}</p>
      )}
    </>
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
