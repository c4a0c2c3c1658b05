import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';

import type { StreamResponse } from '../../../contract/streams.ts';
import { useNewestRuns, useStreams } from '../../api/reads.ts';
import { formatSeconds } from '../../format/duration.ts';
import { formatCount, formatOf } from '../../format/number.ts';
import { formatClock, toMs } from '../../format/time.ts';
import { useZone } from '../../format/zone.ts';
import { StateChip } from '../../state/StateChip.tsx';
import { isBehind } from '../../state/stream-lag.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import columns from '../../ui/Columns.module.css';
import { Figure, Figures } from '../../ui/Figures.tsx';
import { Moment } from '../../ui/Moment.tsx';
import { PauseSwitch } from '../../ui/PauseSwitch.tsx';
import { QueryState } from '../../ui/QueryState.tsx';
import { Say } from '../../ui/Say.tsx';
import table from '../../ui/Table.module.css';
import { Th } from '../../ui/Th.tsx';
import { usePageTitle } from '../../ui/use-page-title.ts';
import { LagChart } from './LagChart.tsx';
import styles from './StreamPage.module.css';
import { type LagPoint, useLagHistory } from './use-lag-history.ts';

/** How far behind a stream is, in time and in records, and whether it catches up. */
export function StreamPage() {
  const { dagId, topic } = useParams({ from: '/framed/streams/$dagId/$topic' });
  usePageTitle(`${topic} · stream`);
  const query = useStreams();
  return (
    <QueryState query={query} what={`stream ${topic}`}>
      {({ streams }) => {
        const stream = streams.find((each) => each.dag_id === dagId && each.topic === topic);
        return stream === undefined ? (
          <Say
            fact={`${dagId} loads no topic ${topic}.`}
            then="Its DAG may have changed its source."
          />
        ) : (
          <Details stream={stream} seenMs={query.dataUpdatedAt} />
        );
      }}
    </QueryState>
  );
}

function Details({ stream, seenMs }: { readonly stream: StreamResponse; readonly seenMs: number }) {
  const points = useLagHistory(stream, seenMs);
  const [asTable, setAsTable] = useState(false);
  const trend = trendOf(points);
  return (
    <>
      <StreamSay stream={stream} trend={trend} />
      <StreamFigures stream={stream} trend={trend} />
      <div className={`${columns.columns} ${styles.columns}`}>
        <div className={columns.column}>
          <Card
            title="Time behind the source"
            note="since this page was opened; a saw tooth is normal for interval schedules"
            action={
              <Button look="ghost" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
                {asTable ? 'As chart' : 'As table'}
              </Button>
            }
          >
            {asTable ? <LagTable points={points} /> : <LagChart points={points} />}
          </Card>
          <Partitions stream={stream} />
        </div>
        <NewestRuns dagId={stream.dag_id} isPaused={stream.is_paused} />
      </div>
    </>
  );
}

/** Records a second the lag grows by; negative while it catches up; null while that is not known. */
function trendOf(points: readonly LagPoint[]): number | null {
  const recent = points.slice(-8);
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined || last.atMs - first.atMs < 5_000) return null;
  return (last.records - first.records) / ((last.atMs - first.atMs) / 1_000);
}

interface SayProps {
  readonly stream: StreamResponse;
  readonly trend: number | null;
}

function StreamSay({ stream, trend }: SayProps) {
  const { topic, seconds_behind: seconds, records_behind: records } = stream;
  if (!stream.topic_exists) {
    return (
      <Say fact={`${topic} does not exist yet.`} then="Loading begins with its first record." />
    );
  }
  if (stream.is_paused) {
    return (
      <Say
        fact={`${topic} is paused, ${formatSeconds(seconds)} behind.`}
        then="No record is lost: the range of the next run begins where the last one ended."
      />
    );
  }
  if (records === 0)
    return (
      <Say
        fact={`${topic} is loaded to its end.`}
        then="The next record is loaded as it arrives."
      />
    );
  const movement =
    trend === null
      ? ''
      : trend > 1
        ? ` and falling back by ${formatCount(Math.round(trend))} records a second`
        : trend < -1
          ? ' and catching up'
          : '';
  return (
    <Say
      fact={`${topic} is ${formatSeconds(seconds)} behind${movement}.`}
      then={`${formatOf(records, 'record')} wait to be loaded; no record is lost.`}
    />
  );
}

function StreamFigures({ stream, trend }: SayProps) {
  const { seconds_behind: seconds, records_behind: records, partitions } = stream;
  return (
    <Figures>
      <Figure name="Lag" note={`of the partition furthest behind`} isBad={isBehind(stream)}>
        {formatSeconds(seconds)}
      </Figure>
      <Figure
        name="Records behind"
        note={`of ${formatOf(partitions.length, 'partition')}, at most`}
      >
        {formatCount(records)}
      </Figure>
      <Figure name="Trend" note="records a second">
        {trend === null
          ? '–'
          : `${trend > 0.5 ? '↑ ' : trend < -0.5 ? '↓ ' : ''}${formatCount(Math.round(Math.abs(trend)))}`}
      </Figure>
      <Figure name="Loaded by" note={<PauseNote stream={stream} />}>
        <Link to="/dags/$dagId" params={{ dagId: stream.dag_id }} className={styles.link}>
          {stream.dag_id}
        </Link>
      </Figure>
    </Figures>
  );
}

function PauseNote({ stream }: { readonly stream: StreamResponse }) {
  return (
    <span className={styles.pause}>
      {stream.is_paused ? 'paused' : 'active'}{' '}
      <PauseSwitch dagId={stream.dag_id} isPaused={stream.is_paused} />
    </span>
  );
}

function LagTable({ points }: { readonly points: readonly LagPoint[] }) {
  const zone = useZone();
  return (
    <div className={styles.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <Th>At</Th>
            <Th isRight>Lag</Th>
            <Th isRight>Records</Th>
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map(({ atMs, seconds, records }) => (
            <tr key={atMs}>
              <td>{formatClock(atMs, zone)}</td>
              <td className={table.right}>{formatSeconds(seconds)}</td>
              <td className={table.right}>{formatCount(records)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Partitions({ stream }: { readonly stream: StreamResponse }) {
  return (
    <Card title="Partitions" note={stream.topic}>
      <div className={table.scroll}>
        <table className={table.table}>
          <thead>
            <tr>
              <Th>Partition</Th>
              <Th>Loaded of what is kept</Th>
              <Th isRight>Loaded to</Th>
              <Th isRight>End</Th>
              <Th isRight>Behind</Th>
              <Th isRight>Lag</Th>
            </tr>
          </thead>
          <tbody>
            {stream.partitions.map((each) => (
              <tr key={each.partition}>
                <td>{each.partition}</td>
                <td className={styles.ribbonCell}>
                  <Ribbon {...each} />
                </td>
                <td className={`${table.right} ${styles.mono}`}>{formatCount(each.loaded_to)}</td>
                <td className={`${table.right} ${styles.mono} ${table.quiet}`}>
                  {formatCount(each.end)}
                </td>
                <td className={table.right}>{formatCount(each.records_behind)}</td>
                <td className={table.right}>{formatSeconds(each.seconds_behind)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

/** Loaded, given to a run, not yet cut. The last tenth of the log shows, so that a gap of a few records is seen. */
function Ribbon({ start, end, cursor, loaded_to: loaded }: StreamResponse['partitions'][number]) {
  const from = Math.max(start, end - Math.max(10 * (end - loaded), 100));
  const share = (offset: number) =>
    `${Math.min(100, Math.max(0, ((offset - from) / Math.max(1, end - from)) * 100))}%`;
  return (
    <span className={styles.ribbon} aria-hidden="true">
      <i style={{ width: share(cursor) }} data-kind="given" />
      <i style={{ width: share(loaded) }} data-kind="loaded" />
    </span>
  );
}

function NewestRuns({ dagId, isPaused }: { readonly dagId: string; readonly isPaused: boolean }) {
  const runs = useNewestRuns(dagId);
  const newest = runs.data?.dag_runs ?? [];
  return (
    <Card
      title="Newest runs"
      action={
        <Link to="/dags/$dagId" params={{ dagId }} search={{ tab: 'runs' }}>
          All
        </Link>
      }
    >
      {newest.length === 0 ? (
        <p className={styles.none}>
          {isPaused
            ? 'No run yet, and the DAG is paused.'
            : 'No run yet: the first record makes one.'}
        </p>
      ) : (
        <table className={table.table}>
          <caption className="srOnly">Newest runs of {dagId}</caption>
          <thead className="srOnly">
            <tr>
              <Th>State</Th>
              <Th>Records</Th>
              <Th>Started</Th>
            </tr>
          </thead>
          <tbody>
            {newest.map((run) => (
              <tr key={run.dag_run_id}>
                <td>
                  <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId: run.dag_run_id }}>
                    <StateChip state={run.state} />
                  </Link>
                </td>
                <td className={table.right}>{formatCount(run.tidegate_records)}</td>
                <td className={`${table.right} ${table.quiet}`}>
                  <Moment atMs={toMs(run.start_date ?? run.run_after)} show="ago" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}
