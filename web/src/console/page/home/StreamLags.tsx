import { Link } from '@tanstack/react-router';

import type { StreamResponse } from '../../../contract/streams.ts';
import { formatSeconds } from '../../format/duration.ts';
import { BEHIND_SECONDS } from '../../state/stream-lag.ts';
import { Card } from '../../ui/Card.tsx';
import styles from './Home.module.css';

/** Each stream's lag against a minute. */
export function StreamLags({ streams }: { readonly streams: readonly StreamResponse[] }) {
  if (streams.length === 0) return null;
  return (
    <Card title="Lag of each stream" note="share of a minute">
      <ul className={styles.rows}>
        {streams.map(({ dag_id: dagId, topic, seconds_behind: seconds }) => {
          const share = Math.min(1, (seconds ?? 0) / BEHIND_SECONDS);
          return (
            <li key={`${dagId} ${topic}`} className={styles.lag}>
              <Link to="/streams/$dagId/$topic" params={{ dagId, topic }} title={topic}>
                {topic}
              </Link>
              <span className={styles.bar} aria-hidden="true">
                <i data-bad={share === 1} style={{ width: `${share * 100}%` }} />
              </span>
              <span className={styles.right}>{formatSeconds(seconds)}</span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
