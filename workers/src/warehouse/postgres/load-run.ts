import { isDeepStrictEqual } from 'node:util';

import type { TaskContext } from '@tidegate/engine/dag';
import { failpoint, systemClock, TidegateError, type Clock } from '@tidegate/engine/platform';

import type { ChangeTable } from '../../cdc/change-table.ts';
import type { KnownStream } from '../../cdc/stream-state.ts';
import { CHUNK_LIMITS, type ChunkLimits, type ChunkPart } from './chunk.ts';
import { cleanUpAfterLoad } from './clean-up-after-load.ts';
import { KEEP_MS } from './clean-up.ts';
import { loadError, type LoadErrorCode } from './errors.ts';
import { LoadPipeline } from './load-pipeline.ts';
import type { LoadTarget } from './load-target.ts';
import { openLoaderSession, type LoaderSession } from './loader-session.ts';
import { missingRanges, type MissingRange } from './missing-ranges.ts';
import { openLoad, type OpenedLoad } from './open-load.ts';
import { RangeReader } from './range-reader.ts';
import { SessionPool } from './session-pool.ts';
import type { MapRow } from './staged-row.ts';
import type { TargetShape } from './target-shape.ts';
import { throughOutages } from './waiting.ts';

export interface LoadRunOptions {
  readonly uri: string;
  /** Named in messages. */
  readonly connection: string;
  readonly target: LoadTarget;
  readonly table: ChangeTable;
  readonly map: MapRow;
  readonly limits?: ChunkLimits;
  /** How long the target remembers what repeats and replays need, see `clean-up.ts`. (Default: 30 days) */
  readonly keepMs?: number;
  readonly clock?: Clock;
}

/** What a load did, from the ledger: a repeat answers the same. */
export type LoadSummary = {
  readonly records: number;
  readonly changes: number;
  readonly ignored: number;
  readonly quarantined: number;
};

const pool = new SessionPool<TargetShape>(60_000);

/** Loads the run's range into its target, exactly once in effect. See `load-message.ts` for the order of things. */
export async function loadRun(context: TaskContext, options: LoadRunOptions): Promise<LoadSummary> {
  try {
    return await loadMissing(context, options);
  } catch (error) {
    if (!(error instanceof TidegateError) || error.code !== OVERLAP) throw error;
    // A worker of before a failover stored parts of another range beside this one: they are not missing any more.
    return loadMissing(context, options);
  }
}

const OVERLAP: LoadErrorCode = 'LEDGER_OVERLAP';

async function loadMissing(context: TaskContext, options: LoadRunOptions): Promise<LoadSummary> {
  const topic = topicOf(context);
  if (topic === undefined) return summaryOf([]);
  const { session, opened } = await begin(context, options, topic);
  failpoint('load.opened');
  const { ranges } = context.source;
  const parts = partsOf(context, opened.parts);
  const missing = missingRanges(ranges, parts);
  if (missing.length === 0) {
    pool.giveBack(poolKey(options), session);
    context.log.info({ topic, ranges }, 'range was loaded before, nothing done');
    return checked(context, summaryOf(parts));
  }
  return await load(context, options, { topic, session, stream: opened.stream, parts, missing });
}

interface Begun {
  readonly session: LoaderSession;
  readonly opened: OpenedLoad;
}

/** What is left to load, and what is not. */
interface Remainder {
  readonly topic: string;
  readonly session: LoaderSession;
  readonly stream: KnownStream;
  readonly parts: readonly ChunkPart[];
  readonly missing: readonly MissingRange[];
}

async function load(
  context: TaskContext,
  options: LoadRunOptions,
  { topic, session, stream, parts: stored, missing }: Remainder,
): Promise<LoadSummary> {
  const shape = session.prepared;
  const parts = [...stored];
  const reader = new RangeReader(context.source, { ...options, topic, stream, missing, shape });
  const { loadId, fenceKey, fenceToken } = context.task;
  const pipeline = new LoadPipeline(session, {
    context,
    what: `PostgreSQL ${options.connection}`,
    step: () => ({
      target: options.target,
      shape,
      identity: { topic, loadId, fenceKey, fenceToken, kind: reader.kindToFix },
    }),
    openSession: () => borrow(options, shape),
    onLoaded: (loaded) => {
      parts.push(...loaded);
      context.progress(summaryOf(parts).records, context.source.records);
    },
  });
  const onAbort = (): void => pipeline.destroy();
  context.signal.addEventListener('abort', onAbort);
  let isDone = false;
  try {
    for await (const chunk of reader.chunks(options.limits ?? CHUNK_LIMITS)) {
      await pipeline.submit(chunk);
      requireFewRefused(summaryOf(parts).quarantined, context.source.records);
    }
    await pipeline.finish();
    requireFewRefused(summaryOf(parts).quarantined, summaryOf(parts).records);
    isDone = true;
  } finally {
    context.signal.removeEventListener('abort', onAbort);
    for (const used of await pipeline.release()) {
      if (isDone) pool.giveBack(poolKey(options), used);
      else await used.close();
    }
    // After a failure the target may need a change; the next load looks at its tables anew.
    if (!isDone) await pool.drop(poolKey(options));
  }
  await cleanUpAfterLoad(context, {
    key: poolKey(options),
    target: options.target,
    keepMs: options.keepMs ?? KEEP_MS,
    clock: options.clock ?? systemClock,
    borrow: () => borrow(options, shape),
    giveBack: (used) => pool.giveBack(poolKey(options), used),
  });
  return checked(context, summaryOf(parts));
}

async function begin(context: TaskContext, options: LoadRunOptions, topic: string): Promise<Begun> {
  return throughOutages(context, `PostgreSQL ${options.connection}`, async () => {
    const session = await borrow(options);
    try {
      return { session, opened: await openLoad(session, context.task.loadId, topic) };
    } catch (error) {
      await session.close();
      throw error;
    }
  });
}

/** With `shape`, the session is one that stages rows of this shape. */
async function borrow(options: LoadRunOptions, shape?: TargetShape): Promise<LoaderSession> {
  const open = (): Promise<LoaderSession> => openLoaderSession(options.uri, options.target, shape);
  const session = await pool.borrow(poolKey(options), open);
  if (shape === undefined || isDeepStrictEqual(session.prepared, shape)) return session;
  await session.close();
  return open();
}

function poolKey({ uri, target }: LoadRunOptions): string {
  return JSON.stringify([uri, target]);
}

function topicOf({ source }: TaskContext): string | undefined {
  const topics = new Set(source.ranges.map(({ topic }) => topic));
  const [topic] = topics;
  if (topics.size < 2) return topic;
  throw loadError('SEVERAL_TOPICS', `one load takes one topic, not ${[...topics].join(' and ')}`);
}

/** Of what a load id has, what lies in the run's ranges: a run made again may have been given others. */
function partsOf({ source }: TaskContext, parts: readonly ChunkPart[]): ChunkPart[] {
  return parts.filter((part) =>
    source.ranges.some(
      ({ partition, from, to }) => partition === part.partition && from < part.to && to > part.from,
    ),
  );
}

function summaryOf(parts: readonly ChunkPart[]): LoadSummary {
  const sum = (count: (part: ChunkPart) => number): number =>
    parts.reduce((total, part) => total + count(part), 0);
  return {
    records: sum(({ records }) => records),
    changes: sum(({ changes }) => changes),
    ignored: sum(({ ignored }) => ignored),
    quarantined: sum(({ quarantined }) => quarantined),
  };
}

function checked({ log, source }: TaskContext, summary: LoadSummary): LoadSummary {
  requireFewRefused(summary.quarantined, summary.records);
  log.info({ ...summary, ranges: source.ranges }, 'range loaded');
  return summary;
}

/** A few bad records must not stop a stream; many are a mistake of ours or the author's. */
function requireFewRefused(quarantined: number, records: number): void {
  const most = records >= 1_000 ? Math.floor(records * 0.05) : 50;
  if (quarantined <= most) return;
  throw loadError(
    'TOO_MANY_REFUSED',
    `${quarantined} of ${records} records could not be applied, ${most} may. They are kept in ` +
      `tidegate.quarantine with the reasons; correct the cause, then clear the task`,
    { details: { quarantined, records } },
  );
}
