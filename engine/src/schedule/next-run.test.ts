import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import type { SerializedSchedule } from '../dag/serialized-dag.ts';
import { nextExecutions, nextRun, type ScheduledRun } from './next-run.ts';
import { toRunId } from './run-id.ts';
import type { DataInterval } from './timetable.ts';

interface VectorRun {
  readonly runId?: string;
  readonly logicalDate: string;
  readonly dataInterval: readonly [string, string];
  readonly runAfter: string;
}
interface Vector {
  readonly timetable: string;
  readonly expr: string | number | null;
  readonly tz: string;
  readonly startDate: string | null;
  readonly endDate?: string | null;
  readonly catchup: boolean;
  readonly now: string;
}
interface Vectors {
  readonly scheduled: readonly (Vector & { readonly runs: readonly (VectorRun | null)[] })[];
  readonly resume: readonly (Vector & {
    readonly lastInterval: readonly [string, string];
    readonly next: VectorRun;
  })[];
  readonly runIds: readonly {
    readonly runType: string;
    readonly runAfter: string;
    readonly runId: string;
  }[];
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), 'utf8'));
const vectors = read('intervals.json') as Vectors;

/** Airflow's classes that are one of our schedules. */
const OURS: Readonly<Record<string, (row: Vector) => SerializedSchedule>> = {
  cron_data_interval: (row) => ({
    kind: 'cron',
    expression: String(row.expr),
    timezone: row.tz,
  }),
  delta_data_interval: (row) => ({ kind: 'every', everyMs: Number(row.expr) * 1_000 }),
  once: () => ({ kind: 'once' }),
  none: () => ({ kind: 'none' }),
};
/** Classes nothing of ours maps to, and why. */
const NOT_OURS: Readonly<Record<string, string>> = {
  cron_trigger: 'intervals are the default here: a run always owns the span it covers',
  delta_trigger: 'as cron_trigger',
  cron_trigger_interval: 'a trigger with a fixed span beside its cron: no such schedule',
  multi_cron_trigger: 'several crons in one schedule: no such schedule',
  continuous: 'onRecords runs again and again, but on records instead of time',
};

const ms = (iso: string): number => Date.parse(iso);
const toInterval = ([start, end]: readonly [string, string]): DataInterval => ({
  start: ms(start),
  end: ms(end),
});
const expected = (run: VectorRun): Omit<ScheduledRun, 'runId'> => ({
  logicalDate: ms(run.logicalDate),
  dataInterval: toInterval(run.dataInterval),
  runAfter: ms(run.runAfter),
});
const orNull = (iso: string | null | undefined): number | null =>
  iso === null || iso === undefined ? null : ms(iso);

/**
 * Airflow makes no run at all of a DAG that catches up from no start date. Here such a DAG starts with the
 * newest complete interval, as one without catch-up does.
 */
const startsNowhere = (row: Vector): boolean => row.catchup && row.startDate === null;

it('knows of every timetable class in the vectors whether it is ours', () => {
  const classes = new Set(vectors.scheduled.map((row) => row.timetable));
  const known = new Set([...Object.keys(OURS), ...Object.keys(NOT_OURS)]);
  expect([...classes].filter((name) => !known.has(name))).toEqual([]);
});

const scheduled = vectors.scheduled
  .filter((row) => row.timetable in OURS && !startsNowhere(row))
  .map((row) => ({ ...row, title: `${row.timetable} ${row.expr} from ${row.startDate}` }));

it.each(scheduled)(
  'schedules as Airflow: $title to $endDate in $tz, catch-up $catchup, at $now',
  (row) => {
    const schedule = OURS[row.timetable]!(row);
    const situation = {
      startDate: orNull(row.startDate),
      endDate: orNull(row.endDate),
      catchup: row.catchup,
      now: ms(row.now),
    };
    let lastRun: DataInterval | null = null;
    for (const run of row.runs) {
      const next: ScheduledRun | null = nextRun(schedule, { ...situation, lastRun });
      if (run === null) expect(next).toBeNull();
      else expect(next).toEqual({ runId: run.runId, ...expected(run) });
      lastRun = next?.dataInterval ?? null;
    }
  },
);

it.each(vectors.resume.filter((row) => row.timetable in OURS))(
  'resumes as Airflow: $timetable $expr, catch-up $catchup, after $lastInterval',
  (row) => {
    const next = nextRun(OURS[row.timetable]!(row), {
      lastRun: toInterval(row.lastInterval),
      startDate: orNull(row.startDate),
      endDate: null,
      catchup: row.catchup,
      now: ms(row.now),
    });
    expect(next).toMatchObject(expected(row.next));
  },
);

it.each(vectors.runIds)('names a run as Airflow: $runId', ({ runType, runAfter, runId }) => {
  // Instants are milliseconds here: Airflow's last three digits are lost.
  const inMs = runId.replace(/(\.\d{3})\d{3}/, '$1000');
  expect(toRunId(runType as 'scheduled', ms(runAfter))).toBe(inMs);
});

describe('a cron schedule', () => {
  const cron = read('cron.json') as {
    rows: readonly { cron: string; tz: string; after: string; firstInterval?: [string, string] }[];
  };
  it.each(cron.rows.filter((row) => row.firstInterval !== undefined))(
    'starts with the interval Airflow starts with: $cron in $tz from $after',
    (row) => {
      const next = nextRun(
        { kind: 'cron', expression: row.cron, timezone: row.tz },
        { lastRun: null, startDate: ms(row.after), endDate: null, catchup: true, now: 0 },
      );
      expect(next?.dataInterval).toEqual(toInterval(row.firstInterval!));
    },
  );

  it('starts with the newest complete interval when it catches up from nowhere', () => {
    const next = nextRun(
      { kind: 'cron', expression: '0 0 * * *', timezone: 'UTC' },
      {
        lastRun: null,
        startDate: null,
        endDate: null,
        catchup: true,
        now: ms('2026-05-02T03:00:00Z'),
      },
    );
    expect(next?.runId).toBe('scheduled__2026-05-02T00:00:00+00:00');
  });
});

describe('every', () => {
  const every5s: SerializedSchedule = { kind: 'every', everyMs: 5_000 };
  const situation = { lastRun: null, startDate: 0, endDate: null, now: ms('2026-05-02T03:00:03Z') };

  it('does not step through the intervals since the start date', () => {
    // 1.8 * 10^12 of them: stepping would never end.
    const run = nextRun({ kind: 'every', everyMs: 1 }, { ...situation, catchup: false });
    expect(run?.runAfter).toBe(situation.now);
  });

  it('owns adjoining intervals, one after the other', () => {
    let lastRun: DataInterval | null = null;
    for (let i = 0; i < 5; i += 1) {
      const run: ScheduledRun = nextRun(every5s, { ...situation, lastRun, catchup: false })!;
      if (lastRun !== null) expect(run.dataInterval.start).toBe(lastRun.end);
      expect(run.dataInterval.end - run.dataInterval.start).toBe(5_000);
      lastRun = run.dataInterval;
    }
  });

  it('passes over what was missed while nobody ran it, unless it catches up', () => {
    const lastRun = { start: ms('2026-05-02T01:00:00Z'), end: ms('2026-05-02T01:00:05Z') };
    const skipped = nextRun(every5s, { ...situation, lastRun, catchup: false });
    const caughtUp = nextRun(every5s, { ...situation, lastRun, catchup: true });
    expect(skipped?.runAfter).toBe(ms('2026-05-02T03:00:00Z'));
    expect(caughtUp?.runAfter).toBe(ms('2026-05-02T01:00:10Z'));
  });
});

describe('dates', () => {
  const dates: SerializedSchedule = {
    kind: 'dates',
    dates: ['2026-03-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'],
  };
  const situation = { startDate: null, endDate: null, now: ms('2026-02-15T00:00:00Z') };
  const runsOf = (catchup: boolean): string[] => {
    const runs: string[] = [];
    let lastRun: DataInterval | null = null;
    for (;;) {
      const run: ScheduledRun | null = nextRun(dates, { ...situation, lastRun, catchup });
      if (run === null) return runs;
      runs.push(new Date(run.runAfter).toISOString().slice(0, 10));
      lastRun = run.dataInterval;
    }
  };

  it('runs each date once, in order', () => {
    expect(runsOf(true)).toEqual(['2026-01-01', '2026-02-01', '2026-03-01']);
  });

  it('begins with the newest past date when it does not catch up', () => {
    expect(runsOf(false)).toEqual(['2026-02-01', '2026-03-01']);
  });
});

describe('next executions', () => {
  it('lists the runs that become due later, with their intervals', () => {
    const runs = nextExecutions(
      {
        schedule: { kind: 'cron', expression: '0 2 * * *', timezone: 'Asia/Seoul' },
        startDate: '2026-01-01T00:00:00Z',
        endDate: null,
      },
      ms('2026-05-01T17:00:00Z'),
      2,
    );
    expect(runs.map((run) => run.runId)).toEqual([
      'scheduled__2026-05-02T17:00:00+00:00',
      'scheduled__2026-05-03T17:00:00+00:00',
    ]);
    expect(runs[0]?.dataInterval.start).toBe(ms('2026-05-01T17:00:00Z'));
  });

  it('begins at the start date and ends at the end date', () => {
    const runs = nextExecutions(
      {
        schedule: { kind: 'every', everyMs: 3_600_000 },
        startDate: '2026-05-01T00:30:00Z',
        endDate: '2026-05-01T02:00:00Z',
      },
      ms('2026-04-01T00:00:00Z'),
      10,
    );
    expect(runs.map((run) => run.runId)).toEqual([
      'scheduled__2026-05-01T01:30:00+00:00',
      'scheduled__2026-05-01T02:30:00+00:00',
    ]);
  });
});
