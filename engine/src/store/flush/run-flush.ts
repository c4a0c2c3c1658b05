import { BugError } from '../../platform/errors.ts';
import { failpoint } from '../../platform/failpoint.ts';
import type { FlushBatch, FlushWrites } from '../../state/flush-batch.ts';
import type { LimitRow, RunRow, TaskRow } from '../../state/flush-rows.ts';
import { placeOf } from '../../state/flush-rows.ts';
import { touchesOf } from '../../state/flush-touches.ts';
import { planFlush } from '../../state/plan-flush.ts';
import { isConnectionLoss } from '../pg-errors.ts';
import {
  COMMIT,
  together,
  type FlushConnection,
  type Rows,
  type Statement,
} from './flush-connection.ts';
import { lockMoreTasks, lockRows, type LockedRows } from './lock-rows.ts';
import {
  addOutputs,
  inputsOf,
  outputKeys,
  outputsOfFlush,
  READ_OUTPUTS,
  type Outputs,
} from './read-outputs.ts';
import type { RunInfo, RunInfoCache } from './run-info.ts';
import {
  endRuns,
  startRuns,
  writeRuns,
  writeSteps,
  writeTheRest,
  type Write,
} from './write-rows.ts';

/** What a committed flush brought about. */
export interface FlushDone {
  readonly writes: FlushWrites;
  /** Runs that are over now. */
  readonly ended: readonly number[];
  /** Outputs the grants take as input. */
  readonly outputs: Outputs;
  /** The locked rows as they are now, for the hints of the ready list. */
  readonly runs: ReadonlyMap<number, RunRow>;
  readonly limits: ReadonlyMap<string, LimitRow>;
  readonly tasks: ReadonlyMap<number, TaskRow>;
  /** What its runs are, also those that everybody else has forgotten since. */
  readonly infoOf: (runKey: number) => RunInfo;
}

/** A clear changed a run since it was read: read it again and repeat the flush. */
export class StaleRunInfo extends Error {}

const TRANSACTION_FATE: Statement = {
  name: 'transaction_fate',
  text: 'select pg_xact_status($1::text::xid8)',
};

/**
 * A flush whose locks are asked for: lock and read, decide in memory, write absolute values, commit. Two round trips
 * and one a cascade.
 */
export interface BegunFlush {
  readonly batch: FlushBatch;
  /** What was known of its runs then; one that ends meanwhile is forgotten. */
  readonly infoOf: (runKey: number) => RunInfo;
  readonly locked: Promise<LockedRows>;
}

/** Trip one is sent, behind whatever the connection has still to answer. Its runs are in the cache. */
export function beginFlush(
  connection: FlushConnection,
  batch: FlushBatch,
  cache: RunInfoCache,
): BegunFlush {
  const infos = new Map<number, RunInfo>();
  const infoOf = (runKey: number): RunInfo => {
    const info = infos.get(runKey) ?? knownRun(cache, runKey);
    infos.set(runKey, info);
    return info;
  };
  const touches = touchesOf(batch, infoOf);
  touches.runs.forEach(infoOf);
  const locked = lockRows(connection, touches, tokensFor(batch, touches.tasks.length));
  // It may fail before anybody waits for it.
  locked.catch(() => undefined);
  return { batch, infoOf, locked };
}

export interface FinishOptions {
  readonly cache: RunInfoCache;
  /** Everything is sent, COMMIT too: what is sent now runs behind it. `answered` settles with its answers. */
  readonly onCommitting?: (answered: Promise<unknown>) => void;
}

/** The rest of a flush. When it throws, its transaction is over, but for a lost connection. */
export async function finishFlush(
  connection: FlushConnection,
  { batch, infoOf, locked: locking }: BegunFlush,
  { cache, onCommitting }: FinishOptions,
): Promise<FlushDone> {
  const transaction = { isSent: false };
  const onSent = (answered: Promise<unknown>): void => {
    transaction.isSent = true;
    onCommitting?.(answered);
  };
  try {
    const locked = await locking;
    refuseStaleInfo(locked, { infoOf, cache });
    const writes = await plan(connection, { batch, locked, infoOf });
    failpoint('flush.locked');
    return await write(connection, { batch, locked, writes, infoOf, onSent });
  } catch (thrown) {
    // COMMIT behind a failed statement has rolled back: the next flush may hold its locks by now.
    if (!transaction.isSent || isConnectionLoss(thrown)) await connection.rollBack(thrown);
    throw thrown;
  }
}

function knownRun(cache: RunInfoCache, runKey: number): RunInfo {
  const info = cache.get(runKey);
  if (info === undefined) throw new BugError('a flush met a run it had not read', { runKey });
  return info;
}

function tokensFor(batch: FlushBatch, touched: number): number {
  // Cascades may make a few more ready than were touched; those wait for the next flush.
  if (batch.queuesRest) return touched;
  return Math.min(
    touched,
    batch.demands.reduce((sum, demand) => sum + demand.slots, 0),
  );
}

function refuseStaleInfo(
  locked: LockedRows,
  { infoOf, cache }: Pick<BegunFlush, 'infoOf'> & Pick<FinishOptions, 'cache'>,
): void {
  for (const run of locked.runs.values()) {
    if (infoOf(run.runKey).clearNumber === run.clearNumber) continue;
    cache.forget(run.runKey);
    throw new StaleRunInfo();
  }
}

interface Planning {
  readonly batch: FlushBatch;
  readonly locked: LockedRows;
  readonly infoOf: (runKey: number) => RunInfo;
}

async function plan(connection: FlushConnection, planning: Planning): Promise<FlushWrites> {
  const { batch, locked, infoOf } = planning;
  const steps = planFlush(batch, locked, infoOf);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    const rows = await lockMoreTasks(connection, step.value);
    for (const [place, row] of rows) locked.tasks.set(place, row);
    // A row the graph knows and the table lacks would be asked for again for ever.
    for (const ref of step.value) {
      if (!rows.has(placeOf(ref))) throw new BugError('a task instance is missing', { ...ref });
    }
  }
}

async function write(
  connection: FlushConnection,
  written: Planning & {
    readonly writes: FlushWrites;
    readonly onSent: (answered: Promise<unknown>) => void;
  },
): Promise<FlushDone> {
  const { locked, writes, infoOf, onSent } = written;
  const outputs = outputsOfFlush(writes);
  const inputs = inputsOf(
    writes.grants.map((grant) => grant.task),
    infoOf,
  );
  for (const place of outputs.keys()) inputs.delete(place);
  const wanted = [...inputs.values()];
  const readInputs = (): Promise<Rows> =>
    wanted.length > 0 ? connection.send(READ_OUTPUTS, outputKeys(wanted)) : NONE;
  const answered = together(sendWrites(connection, written, readInputs));
  onSent(answered);
  failpoint('flush.sent');
  const done = await answered.catch(async (thrown: unknown) => {
    if (!isConnectionLoss(thrown)) throw thrown;
    if (!(await hasCommitted(connection, locked.transactionId))) throw thrown;
    const ended = writes.endings.map((ending) => [ending.runKey]);
    return [ended, await untilAnswered(connection, readInputs)];
  });
  failpoint('flush.after-commit');
  addOutputs(outputs, done[1] ?? []);
  return {
    writes,
    ended: (done[0] ?? []).map((row) => row[0] as number),
    outputs,
    runs: locked.runs,
    limits: locked.limits,
    tasks: locked.tasks,
    infoOf,
  };
}

const NONE: Promise<Rows> = Promise.resolve([]);

/** Sends trip two. Its answers begin with the runs that ended and the inputs. */
function sendWrites(
  connection: FlushConnection,
  written: Planning & { readonly writes: FlushWrites },
  readInputs: () => Promise<Rows>,
): Promise<Rows>[] {
  const { batch, writes, infoOf } = written;
  const { tasks, tries, runs, endings } = writes;
  const started = new Set(writes.started);
  const starting = runs.filter((run) => started.has(run.runKey));
  const going = runs.filter((run) => !started.has(run.runKey));
  const send = ([statement, values]: Write): Promise<Rows> => connection.send(statement, values);
  const first = [
    ...(tasks.length + tries.length + runs.length > 0 ? [send(writeSteps(writes))] : []),
    ...(going.length > 0 ? [send(writeRuns(going))] : []),
    ...(starting.length > 0 ? [send(startRuns(starting, batch.nowMs))] : []),
  ];
  const ended = endings.length > 0 ? send(endRuns(writes, batch.nowMs)) : NONE;
  const inputs = readInputs();
  const rest = writeTheRest(writes, (row) => taskOf(infoOf, row)).map(send);
  return [ended, inputs, ...first, ...rest, connection.send(COMMIT)];
}

function taskOf(
  infoOf: (runKey: number) => RunInfo,
  row: TaskRow,
): { readonly queue: string; readonly priority: number } {
  const task = infoOf(row.runKey).flow.tasks[row.ix];
  if (task === undefined) throw new BugError('a task instance outside its graph', { ix: row.ix });
  return task;
}

/** The answer to COMMIT was lost: asks the server what became of the transaction, until it knows. */
async function hasCommitted(connection: FlushConnection, transactionId: string): Promise<boolean> {
  await connection.drop();
  for (;;) {
    const rows = await untilAnswered(connection, () =>
      connection.send(TRANSACTION_FATE, [transactionId]),
    );
    const fate = rows[0]?.[0];
    if (fate === 'committed') return true;
    if (fate === 'aborted' || fate === null) return false;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

const ASK_AGAIN_MS = 50;

/** While the server is away there is nothing else a flush could do. */
async function untilAnswered(connection: FlushConnection, ask: () => Promise<Rows>): Promise<Rows> {
  for (;;) {
    try {
      await connection.open();
      return await ask();
    } catch (thrown) {
      if (!isConnectionLoss(thrown)) throw thrown;
      await connection.drop();
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}
