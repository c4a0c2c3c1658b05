import type { RunContext } from '../dag/task-context.ts';
import { TidegateError } from '../platform/errors.ts';
import type { TestConnection } from './test-context.ts';
import type { TestRecord } from './test-records.ts';

/** Where a test's run stands in time: an instant, or anything with `now()`. Waits move on from there at once. */
export type TestClock = string | number | Date | { now(): number };

export interface TestOptions {
  /** When the run starts. (Default: 2026-01-01T00:00:00Z) */
  readonly clock?: TestClock;
  readonly params?: unknown;
  /** By id: a URI, or a connection in full. */
  readonly connections?: Readonly<Record<string, TestConnection>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** What lies in the run's range of the DAG's source. */
  readonly records?: readonly TestRecord[];
  /** Overrides of the run: its type, its data interval, … */
  readonly run?: Partial<RunContext>;
}

const DEFAULT_START_MS = Date.UTC(2026, 0, 1);

/** The instant a test starts at, in milliseconds. */
export function startOf(clock: TestClock = DEFAULT_START_MS): number {
  const at = typeof clock === 'object' && 'now' in clock ? clock.now() : new Date(clock).getTime();
  if (Number.isFinite(at)) return at;
  throw new TidegateError(
    'TEST_CLOCK_INVALID',
    `clock is no instant; give ISO text such as '2026-01-01T00:00:00Z', a Date, or an object with now()`,
  );
}

/** A manual run unless the test says otherwise. */
export function toTestRun(dagId: string, startMs: number, run: TestOptions['run']): RunContext {
  const at = new Date(startMs).toISOString();
  return {
    dagId,
    runId: `test__${at}`,
    runType: 'manual',
    logicalDate: null,
    dataIntervalStart: null,
    dataIntervalEnd: null,
    runAfter: at,
    lane: 'live',
    ...run,
  };
}
