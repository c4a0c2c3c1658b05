import { useConnection } from '../live/connection.ts';
import { formatAgo } from '../format/time.ts';
import { useNow } from '../format/use-now.ts';
import styles from './ConnectionDot.module.css';

const WORDS = {
  live: 'live',
  connecting: 'connecting',
  reconnecting: 'reconnecting',
  offline: 'offline',
};

/** Whether what shows is what is: live, reconnecting with the age of the data, or offline. */
export function ConnectionDot() {
  const { state, lastHeardMs } = useConnection();
  const nowMs = useNow();
  const age = lastHeardMs === null ? '' : `, last heard ${formatAgo(lastHeardMs, nowMs)}`;
  return (
    <span className={styles.dot} data-state={state} role="status" title={`${WORDS[state]}${age}`}>
      <i aria-hidden="true" />
      {WORDS[state]}
    </span>
  );
}
