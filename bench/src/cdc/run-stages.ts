import type pg from 'pg';

import { percentile, type Figure } from '../workload.ts';

interface RunTimes {
  readonly made_ms: number;
  readonly ended_ms: number;
  readonly load_start_ms: number;
  readonly load_end_ms: number;
  readonly stats_start_ms: number;
  readonly stats_end_ms: number;
  readonly records: number;
}

/** Where a run's milliseconds go, by the metadata's own times, which are whole milliseconds. */
const STAGES: readonly (readonly [string, (run: RunTimes, next: RunTimes) => number])[] = [
  ['run made to load started', (run) => run.load_start_ms - run.made_ms],
  ['load started to ended', (run) => run.load_end_ms - run.load_start_ms],
  ['load ended to stats started', (run) => run.stats_start_ms - run.load_end_ms],
  ['stats started to ended', (run) => run.stats_end_ms - run.stats_start_ms],
  ['stats ended to run ended', (run) => run.ended_ms - run.stats_end_ms],
  ['run ended to next run made', (run, next) => next.made_ms - run.ended_ms],
  ['run made to next run made', (run, next) => next.made_ms - run.made_ms],
];

const READ_TIMES = `
select extract(epoch from run.queued_at)::float8 * 1000 as made_ms,
       extract(epoch from run.end_at)::float8 * 1000 as ended_ms,
       load.start_ms::float8 as load_start_ms, load.end_ms::float8 as load_end_ms,
       stats.start_ms::float8 as stats_start_ms, stats.end_ms::float8 as stats_end_ms,
       (select coalesce(sum(to_offset - from_offset), 0)::float8 from tidegate.run_range
         where run_range.run_key = run.run_key) as records
  from tidegate.dag_run as run
  join tidegate.task_instance as load on load.run_key = run.run_key and load.ix = 0
  join tidegate.task_instance as stats on stats.run_key = run.run_key and stats.ix = 1
 where run.state = 'success'
 order by run.run_key`;

/** Medians over the runs, and how many there were. */
export async function stageFigures(metadata: pg.Client): Promise<Figure[]> {
  const { rows } = await metadata.query<RunTimes>(READ_TIMES);
  const pairs = rows.slice(0, -1).map((run, place) => [run, rows[place + 1] as RunTimes] as const);
  const stages = STAGES.map(([of, measure]): Figure => {
    const values = pairs.map(([run, next]) => measure(run, next));
    return { of, metric: 'stage_p50_ms', value: percentile(values, 0.5), unit: 'ms' };
  });
  const offsets = rows.map((run) => run.records);
  return [
    ...stages,
    { metric: 'runs', value: rows.length, unit: 'count' },
    { metric: 'offsets_a_run_p50', value: percentile(offsets, 0.5), unit: 'count' },
  ];
}
