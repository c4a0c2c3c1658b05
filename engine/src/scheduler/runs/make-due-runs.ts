import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../store/db.ts';
import { intervalGrid } from '../../schedule/timetable.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import { findLastInterval } from '../../store/runs/pin-run.ts';
import {
  listDueDags,
  listUnplannedDags,
  lockDag,
  passQuietTicks,
  saveNextRun,
  type QuietTick,
  type SchedulableDag,
} from '../../store/runs/schedulable-dags.ts';
import type { TopicLog } from '../../topic-log/topic-log.ts';
import { makeDueRun, type SeenStream } from './make-due-run.ts';
import type { MadeRun } from './made-run.ts';
import type { RunStore } from './make-run.ts';
import { observeStream } from './observe-stream.ts';
import type { PlanCache } from './plan-cache.ts';
import { intervalOf, planNext, refreshNext } from './timetable.ts';

export interface RunMaking extends RunStore {
  readonly database: Database;
  readonly topicLog: TopicLog;
  readonly plans: PlanCache;
  readonly log: Logger;
  /** Whether this process has a scheduler, which learns of runs made here; else all of them are told. */
  readonly hasScheduler: boolean;
  /** After the commit. */
  readonly onMade: (plan: DagPlan, made: MadeRun) => void;
}

/** DAGs of one round; more are taken in the next. */
const BATCH = 200;
/** Transactions at once: leaves connections for others. */
const AT_ONCE = 2;
/** How often a moved stream is looked at again before it is left to the next round. */
const LOOKS = 4;

/**
 * Makes every run that is due at `now`, however many per DAG (catch-up), within the limits of active runs; of
 * one DAG when `dagId` is given.
 */
export async function makeDueRuns(making: RunMaking, now: Date, dagId?: string): Promise<void> {
  const asked = { at: now, limit: BATCH, dagId: dagId ?? null };
  for (let madeOne = true; madeOne;) {
    const due = await listDueDags(making.database, asked);
    const quiet: QuietTick[] = [];
    madeOne = false;
    await inParallel(due, async (dag) => {
      const came = await decideDue(making, dag, now);
      if (came === undefined) return;
      if ('runAfter' in came) quiet.push(came);
      else madeOne ||= came.kind === 'made' || came.kind === 'lost';
    });
    await passQuietTicks(making.database, now, quiet);
  }
}

async function decideDue(
  making: RunMaking,
  dag: SchedulableDag,
  now: Date,
): Promise<MadeRun | QuietTick | undefined> {
  try {
    const plan = await making.plans.get(dag.versionKey);
    if (plan === undefined || dag.next === null) return undefined;
    for (let look = 1; look <= LOOKS; look += 1) {
      const seen = await lookAtStream(making, plan);
      const tick = isQuiet(plan, seen) ? toQuietTick(plan, dag, now) : undefined;
      if (tick !== undefined) return tick;
      const made = await makeDueRun(making, { plan, seen, now });
      making.onMade(plan, made);
      if (made.kind !== 'outdated') return made;
    }
  } catch (err) {
    // One DAG's trouble (its log is away) must not hold up the others; the tick stays due.
    making.log.warn({ err, dagId: dag.dagId }, 'due run was not made');
  }
  return undefined;
}

/** Reads the DAG's topic, outside any transaction. */
export async function lookAtStream(
  making: Pick<RunMaking, 'cursors' | 'topicLog'>,
  plan: DagPlan,
): Promise<SeenStream> {
  if (plan.source === null) return { kind: 'none' };
  const observation = await observeStream(making, plan.dagId, plan.source);
  return observation === undefined
    ? { kind: 'missing', topic: plan.source.topic }
    : { kind: 'seen', observation };
}

/** Nothing to read and nothing to write down: passed over without a transaction of its own. */
function isQuiet(plan: DagPlan, seen: SeenStream): boolean {
  if (seen.kind !== 'seen' || plan.source?.emptyRuns === true) return false;
  const { ahead, loss, starts } = seen.observation;
  return ahead === 0 && loss === null && starts.size === 0;
}

/** A quiet tick stands for all the intervals that are over: none of them has records. */
function toQuietTick(plan: DagPlan, dag: SchedulableDag, now: Date): QuietTick | undefined {
  if (dag.next === null) return undefined;
  const newest = refreshNext({ ...plan, catchup: false }, dag.next, now) ?? dag.next;
  const passed = newest.runAfter > now ? dag.next : newest;
  return {
    dagId: dag.dagId,
    runAfter: dag.next.runAfter,
    next: planNext(plan, { lastRun: intervalOf(passed), now }),
  };
}

/** Asks the timetable of DAGs that have no next run: new ones, changed ones, unpaused ones. */
export async function planUnplanned(making: RunMaking, now: Date): Promise<void> {
  const dags = await listUnplannedDags(making.database);
  await inParallel(dags, async (dag) => {
    const plan = await making.plans.get(dag.versionKey);
    if (plan === undefined) return;
    const lastRun = await findLastCovered(making, plan, dag);
    const next = planNext(plan, { lastRun, now });
    if (next === null) return;
    await making.database.transaction(async (tx) => {
      const locked = await lockDag(tx, dag.dagId, { skipLocked: true });
      if (locked === undefined || locked.next !== null) return;
      if (locked.versionKey !== plan.versionKey) return;
      const checkedAt = locked.checkedAt ?? now;
      await saveNextRun(tx, dag.dagId, { next, checkedAt, came: 'nothing' });
    });
  });
}

/** The last interval that was dealt with: of the last run, or of a later quiet tick. */
async function findLastCovered(
  making: RunMaking,
  plan: DagPlan,
  dag: SchedulableDag,
): Promise<{ start: number; end: number } | null> {
  const ran = await findLastInterval(making.database, dag.dagId);
  if (plan.source === null || dag.checkedAt === null) return ran;
  const startDate = plan.startDate === null ? null : Date.parse(plan.startDate);
  const end = intervalGrid(plan.schedule, startDate)?.previous(dag.checkedAt.getTime() + 1) ?? null;
  return end === null || (ran !== null && ran.end >= end) ? ran : { start: end, end };
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane));
}
