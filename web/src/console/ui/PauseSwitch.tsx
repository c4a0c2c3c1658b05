import { useMayChange } from '../api/session.ts';
import { useSetPaused } from '../api/writes.ts';
import styles from './PauseSwitch.module.css';

interface Props {
  readonly dagId: string;
  readonly isPaused: boolean;
}

/**
 * On: the schedule makes runs. A refusal stands beside the switch, which goes back. A word for those who may only
 * look.
 */
export function PauseSwitch({ dagId, isPaused }: Props) {
  const setPaused = useSetPaused();
  const mayChange = useMayChange();
  const shown = setPaused.isPending ? setPaused.variables.isPaused : isPaused;
  if (!mayChange) return <span className={styles.word}>{isPaused ? 'paused' : 'active'}</span>;
  return (
    <span className={styles.place}>
      <button
        type="button"
        role="switch"
        aria-checked={!shown}
        aria-label={`${dagId} is active`}
        title={shown ? 'Paused: press to let it run' : 'Active: press to pause'}
        className={styles.switch}
        onClick={() => setPaused.mutate({ dagId, isPaused: !isPaused })}
      >
        <i />
      </button>
      {setPaused.error !== null && (
        <span className={styles.error} role="alert">
          {setPaused.error.message}
        </span>
      )}
    </span>
  );
}
