import { Link } from '@tanstack/react-router';

import type { StreamResponse } from '../../../contract/streams.ts';
import { useStreams } from '../../api/reads.ts';
import { formatSeconds } from '../../format/duration.ts';
import { formatOf } from '../../format/number.ts';
import { toMs } from '../../format/time.ts';
import { sayKeepUp, streamsBehind } from '../../state/stream-lag.ts';
import { Card } from '../../ui/Card.tsx';
import { Foot } from '../../ui/Foot.tsx';
import { Lag } from '../../ui/Lag.tsx';
import { Moment } from '../../ui/Moment.tsx';
import { QueryState } from '../../ui/QueryState.tsx';
import { Say } from '../../ui/Say.tsx';
import table from '../../ui/Table.module.css';
import { Th } from '../../ui/Th.tsx';
import { usePageTitle } from '../../ui/use-page-title.ts';
import styles from './StreamList.module.css';

/** Every topic with a DAG that loads it, and how far behind it is. */
export function StreamList() {
  usePageTitle('Streams');
  const query = useStreams();
  return (
    <>
      <QueryState query={query} what="the list of streams">
        {({ streams }) => (
          <>
            <StreamsSay streams={streams} />
            <Card label="Streams">
              <table className={`${table.table} ${styles.streams}`}>
                <thead>
                  <tr>
                    <Th>Topic</Th>
                    <Th>Loaded by</Th>
                    <Th isRight>Partitions</Th>
                    <Th isRight>Lag</Th>
                    <Th isRight>Looked at</Th>
                  </tr>
                </thead>
                <tbody>
                  {streams.map((stream) => (
                    <Row key={`${stream.dag_id} ${stream.topic}`} stream={stream} />
                  ))}
                </tbody>
              </table>
              {streams.length === 0 && (
                <p className={styles.none}>
                  No DAG has a topic as its source yet. One that says{' '}
                  <code>source: topic('…')</code> appears here with its lag.
                </p>
              )}
            </Card>
          </>
        )}
      </QueryState>
      <Foot keys={['g h', 'g d', 'mod+k', '?']} />
    </>
  );
}

function Row({ stream }: { readonly stream: StreamResponse }) {
  const { dag_id: dagId, topic } = stream;
  return (
    <tr>
      <td>
        <Link to="/streams/$dagId/$topic" params={{ dagId, topic }} className={styles.topic}>
          {topic}
        </Link>
        {stream.is_paused && <span className={styles.paused}>paused</span>}
      </td>
      <td>
        <Link to="/dags/$dagId" params={{ dagId }}>
          {dagId}
        </Link>
      </td>
      <td className={table.right}>{stream.partitions.length}</td>
      <td className={table.right}>
        <Lag stream={stream} />
      </td>
      <td className={`${table.right} ${table.quiet}`}>
        <Moment atMs={toMs(stream.checked_at)} show="ago" />
      </td>
    </tr>
  );
}

function StreamsSay({ streams }: { readonly streams: readonly StreamResponse[] }) {
  const behind = streamsBehind(streams);
  const [worst] = behind;
  const records = streams.reduce((sum, stream) => sum + stream.records_behind, 0);
  if (streams.length === 0) return <Say fact="There are no streams yet." />;
  if (worst === undefined) {
    return (
      <Say
        fact={`${sayKeepUp(streams.length)}.`}
        then={`${formatOf(records, 'record')} wait to be loaded; nothing is more than a minute behind.`}
      />
    );
  }
  return (
    <Say
      fact={`${worst.topic} is ${formatSeconds(worst.seconds_behind)} behind, ${formatOf(worst.records_behind, 'record')}.`}
      then={
        behind.length === 1
          ? 'The others keep up.'
          : `${formatOf(behind.length - 1, 'other stream is', 'other streams are')} behind as well.`
      }
    />
  );
}
