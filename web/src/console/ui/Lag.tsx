import type { StreamResponse } from '../../contract/streams.ts';
import { formatSeconds } from '../format/duration.ts';
import { formatOf } from '../format/number.ts';
import { isBehind } from '../state/stream-lag.ts';
import styles from './Lag.module.css';

/** How far behind: seconds first, records under it; unknown is neither zero nor fine. */
export function Lag({ stream }: { readonly stream: StreamResponse | undefined }) {
  if (stream === undefined) return <span className={styles.unknown}>unknown</span>;
  if (!stream.topic_exists) return <span className={styles.unknown}>no topic yet</span>;
  const { seconds_behind: seconds, records_behind: records } = stream;
  return (
    <>
      <div className={isBehind(stream) ? styles.bad : undefined}>
        {seconds === null ? (
          <span className={styles.unknown}>unknown</span>
        ) : (
          formatSeconds(seconds)
        )}
      </div>
      <div className={styles.records}>{formatOf(records, 'record')}</div>
    </>
  );
}
