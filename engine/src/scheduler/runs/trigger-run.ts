import { randomBytes } from 'node:crypto';

import { TidegateError } from '../../platform/errors.ts';
import type { Json } from '../../platform/json.ts';
import { toRunId } from '../../schedule/run-id.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import { findExistingRun } from '../../store/runs/find-run.ts';
import type { LockedDagStream } from '../../store/runs/lock-dag-stream.ts';
import { findDag } from '../../store/runs/schedulable-dags.ts';
import { decideLiveRun, nothing, type RunDecision } from './decide-run.ts';
import { RUN_ERRORS, triggerInvalid } from './errors.ts';
import type { MadeRun, RunIdentity } from './made-run.ts';
import { waitingFor, type SeenStream } from './make-due-run.ts';
import { lookAtStream, type RunMaking } from './make-due-runs.ts';
import { makeRun } from './make-run.ts';
import { planStream } from './plan-stream.ts';
import { findReplayRanges, makeReplayRun, type ReplayRequest } from './replay-run.ts';
import { toRunToTell } from './run-to-tell.ts';
import { intervalAt } from './timetable.ts';
import { validateParams } from './validate-params.ts';

/** A run asked for by hand. */
export interface TriggerRequest {
  readonly conf?: Json;
  readonly logicalDate?: Date | null;
  /** Of a run with a logical date. (Default: the one the schedule has at that date) */
  readonly dataInterval?: { readonly start: Date; readonly end: Date };
  /** (Default: `manual__<now>_<random>`) The same id again answers the run that exists. */
  readonly runId?: string;
  readonly runAfter?: Date;
  readonly note?: string | null;
  /** `rest_api`, `cli`, `ui`. */
  readonly triggeredBy: string;
  readonly user: string | null;
  /** Offsets or times of the source: a replay, which leaves the cursor alone. */
  readonly replay?: ReplayRequest;
}

export interface TriggeredRun {
  readonly runKey: number;
  readonly runId: string;
  readonly lane: 'live' | 'backfill';
  /** False: a run with this id and conf existed already. */
  readonly created: boolean;
  readonly waitingFor: string | null;
  readonly records: number;
}

const RUN_ID = /^[A-Za-z0-9_.~:+-]{1,250}$/;
const LOOKS = 4;

/**
 * Makes a run by hand. With a source it takes the stream's next live range, empty or not, unless it is a
 * replay. Throws `DAG_UNKNOWN`, `PARAMS_INVALID`, `TRIGGER_INVALID`, `RUN_EXISTS`, `STREAM_BLOCKED`.
 */
export async function triggerRun(
  making: RunMaking,
  dagId: string,
  request: TriggerRequest & { readonly now: Date },
): Promise<TriggeredRun> {
  // The lock on the DAG's row tells when there is a newer version; a replay takes none.
  const known = request.replay === undefined ? making.plans.remembered(dagId) : undefined;
  let plan = known ?? (await getPlan(making, dagId));
  for (let look = 1; look <= LOOKS; look += 1) {
    let refusal: TidegateError | undefined;
    try {
      const triggered = await triggerBy(making, plan, request);
      if (triggered !== 'superseded') return triggered;
    } catch (thrown) {
      if (!(thrown instanceof TidegateError) || thrown.code !== RUN_ERRORS.paramsInvalid)
        throw thrown;
      refusal = thrown;
    }
    const newest = await getPlan(making, dagId);
    // Params that a version of yesterday refuses, the newest may take.
    if (refusal !== undefined && newest.versionKey === plan.versionKey) throw refusal;
    plan = newest;
  }
  throw busy(plan);
}

/** By this version of the DAG, unless there is a newer one. */
async function triggerBy(
  making: RunMaking,
  plan: DagPlan,
  request: TriggerRequest & { readonly now: Date },
): Promise<TriggeredRun | 'superseded'> {
  const identity = toIdentity(plan, request);
  validateParams(plan, identity.conf);
  const isNamed = request.runId !== undefined || identity.logicalDate !== null;
  const existing = isNamed ? await findSame(making, plan, identity) : undefined;
  if (existing !== undefined) return existing;
  const made =
    request.replay === undefined
      ? await triggerLive(making, plan, { identity, now: request.now })
      : await triggerReplay(making, plan, { identity, now: request.now, replay: request.replay });
  if (made.kind === 'superseded') return 'superseded';
  making.onMade(plan, made);
  return toTriggered(making, plan, { identity, made, isReplay: request.replay !== undefined });
}

async function getPlan(making: RunMaking, dagId: string): Promise<DagPlan> {
  const dag = await findDag(making.database, dagId);
  const plan = dag === undefined ? undefined : await making.plans.get(dag.versionKey);
  if (plan !== undefined) return plan;
  throw new TidegateError(
    RUN_ERRORS.dagUnknown,
    `there is no DAG ${dagId}: check the id, and the import errors of its file`,
    { details: { dagId } },
  );
}

function toIdentity(plan: DagPlan, request: TriggerRequest & { now: Date }): RunIdentity {
  const { logicalDate = null, runAfter = request.now, conf = {}, note = null } = request;
  if (typeof conf !== 'object' || conf === null || Array.isArray(conf)) {
    throw triggerInvalid('conf must be a JSON object');
  }
  const interval =
    logicalDate === null ? null : (request.dataInterval ?? intervalAt(plan, logicalDate));
  return {
    runId: toManualRunId(request.runId, runAfter),
    runType: 'manual',
    logicalDate,
    intervalStart: interval === null ? null : new Date(interval.start),
    intervalEnd: interval === null ? null : new Date(interval.end),
    runAfter,
    triggeredBy: request.triggeredBy,
    triggeringUser: request.user,
    conf,
    note,
  };
}

function toManualRunId(given: string | undefined, runAfter: Date): string {
  const made = `${toRunId('manual', runAfter.getTime())}_${randomBytes(4).toString('hex')}`;
  const runId = given ?? made;
  if (RUN_ID.test(runId)) return runId;
  throw triggerInvalid(`run id ${runId} is not valid: 1 to 250 of A-Z a-z 0-9 _ . ~ : + -`);
}

/** The same request again is answered with the run it made; another one under its name is refused. */
async function findSame(
  making: RunMaking,
  plan: DagPlan,
  identity: RunIdentity,
): Promise<TriggeredRun | undefined> {
  const existing = await findExistingRun(making.database, plan.dagId, identity);
  if (existing === undefined) return undefined;
  const isSame =
    existing.runId === identity.runId &&
    JSON.stringify(existing.conf) === JSON.stringify(identity.conf);
  if (isSame) {
    const { runKey, runId, lane } = existing;
    return { runKey, runId, lane, created: false, waitingFor: null, records: 0 };
  }
  throw new TidegateError(
    RUN_ERRORS.runExists,
    existing.runId === identity.runId
      ? `run ${identity.runId} of ${plan.dagId} exists with another conf: choose another run id`
      : `run ${existing.runId} of ${plan.dagId} has this logical date: clear it, or choose another date`,
    { details: { dagId: plan.dagId, runId: existing.runId } },
  );
}

async function triggerLive(
  making: RunMaking,
  plan: DagPlan,
  asked: { readonly identity: RunIdentity; readonly now: Date },
): Promise<MadeRun> {
  for (let look = 1; look <= LOOKS; look += 1) {
    const seen = await lookAtStream(making, plan);
    const lock = {
      dagId: plan.dagId,
      topic: seen.kind === 'seen' ? (plan.source?.topic ?? null) : null,
      // Waits for its turn; a paused DAG may be triggered, its run starts when it is unpaused.
      skipLocked: false,
      needsNewest: seen.kind === 'seen' && seen.observation.loss !== null,
      at: asked.now,
    };
    const made = await makeRun(making, lock, (locked) => {
      const decision = decideTriggered({ ...asked, plan, seen }, locked);
      return making.hasScheduler ? decision : withTelling(plan, decision);
    });
    if (made.kind !== 'outdated') return made;
  }
  return { kind: 'outdated' };
}

function decideTriggered(
  asked: {
    readonly identity: RunIdentity;
    readonly now: Date;
    readonly plan: DagPlan;
    readonly seen: SeenStream;
  },
  locked: LockedDagStream,
): RunDecision {
  const { identity, now, plan, seen } = asked;
  if (locked.dag?.versionKey !== plan.versionKey || locked.dag.isStale) {
    return nothing({ kind: 'superseded' });
  }
  const stream =
    seen.kind === 'seen' && plan.source !== null
      ? planStream(plan.source, locked, { observation: seen.observation, restOnly: false })
      : undefined;
  if (seen.kind === 'seen' && stream === undefined) return nothing({ kind: 'outdated' });
  return decideLiveRun(
    { plan, identity, stream, waitingFor: waitingFor(seen), allowEmpty: true, at: now },
    locked,
  );
}

/** The decision with what it tells those processes that have a scheduler. */
function withTelling(plan: DagPlan, decision: RunDecision): RunDecision {
  if (decision.kind !== 'create') return decision;
  const made = decision.toMade(0);
  const tells = made.kind === 'made' && made.isStarted ? toRunToTell(plan, made) : 'queued';
  return { ...decision, creation: { ...decision.creation, tells } };
}

async function triggerReplay(
  making: RunMaking,
  plan: DagPlan,
  asked: { readonly identity: RunIdentity; readonly now: Date; readonly replay: ReplayRequest },
): Promise<MadeRun> {
  const ranges = await findReplayRanges(making.topicLog, plan, asked.replay);
  return makeReplayRun(making.database, { plan, ranges, identity: asked.identity, at: asked.now });
}

async function toTriggered(
  making: RunMaking,
  plan: DagPlan,
  came: { readonly identity: RunIdentity; readonly made: MadeRun; readonly isReplay: boolean },
): Promise<TriggeredRun> {
  const { made, identity } = came;
  const lane = came.isReplay ? 'backfill' : 'live';
  if (made.kind === 'blocked') throw blocked(plan, made.byRunKey);
  if (made.kind === 'made' || made.kind === 'lost' || made.kind === 'parked') {
    const missing = { kind: 'missing', topic: plan.source?.topic ?? '' } as const;
    return {
      runKey: made.runKey,
      runId: identity.runId,
      lane,
      created: true,
      waitingFor: made.kind === 'parked' ? waitingFor(missing) : null,
      records: made.kind === 'made' ? made.records : 0,
    };
  }
  // Another request was quicker between the look and the insert.
  const same = made.kind === 'exists' ? await findSame(making, plan, identity) : undefined;
  if (same !== undefined) return same;
  throw busy(plan);
}

function busy(plan: DagPlan): TidegateError {
  return new TidegateError(
    RUN_ERRORS.streamBusy,
    `no run of ${plan.dagId} could be made: its stream moved on each time it was looked at; try again`,
    { retriable: true, details: { dagId: plan.dagId } },
  );
}

function blocked(plan: DagPlan, byRunKey: number | null): TidegateError {
  return new TidegateError(
    RUN_ERRORS.streamBlocked,
    `the stream of ${plan.dagId} is blocked by its failed live run: clear that run or mark it a success, or replay a range by its offsets`,
    { details: { dagId: plan.dagId, byRunKey } },
  );
}
