import type { DagPlan } from '../../store/runs/dag-plan.ts';
import { listParkedRuns, failNewRun, unparkRun } from '../../store/runs/pin-run.ts';
import { insertRanges, listOpenRanges } from '../../store/runs/run-ranges.ts';
import { findDag, lockDag } from '../../store/runs/schedulable-dags.ts';
import { lockCursors, moveCursors } from '../../store/runs/stream-cursors.ts';
import { lookAtStream, type RunMaking } from './make-due-runs.ts';
import { makeGatheredRun, makeRestRun } from './make-gathered-run.ts';
import { advance } from './decide-run.ts';
import type { MadeRun } from './made-run.ts';
import type { StreamObservation } from './observe-stream.ts';
import { planRanges } from './plan-ranges.ts';
import { planStream } from './plan-stream.ts';

const LOOKS = 4;

/**
 * Makes the next run of a DAG's stream if there is one to make: of gathered records for `onRecords`, else of
 * what the last plan had to leave.
 */
export async function makeStreamRun(
  making: RunMaking,
  dag: { readonly plan: DagPlan; readonly gatheringSince: Date | null },
  now: Date,
): Promise<MadeRun> {
  const { plan } = dag;
  const make = plan.schedule.kind === 'on_records' ? makeGatheredRun : makeRestRun;
  for (let look = 1; look <= LOOKS; look += 1) {
    const seen = await lookAtStream(making, plan);
    if (seen.kind !== 'seen') return { kind: 'not_due' };
    if (isQuiet(seen.observation)) return { kind: 'quiet' };
    const made = await make(making, { ...dag, observation: seen.observation, now });
    making.onMade(plan, made);
    if (made.kind !== 'outdated') return made;
  }
  return { kind: 'outdated' };
}

function isQuiet({ ahead, loss, starts }: StreamObservation): boolean {
  // A first start at the end of the log is written down, or it would move with the end.
  return ahead === 0 && loss === null && starts.size === 0;
}

/** Gives runs that wait for their topic their ranges once it exists, and lets them start. */
export async function unparkRuns(making: RunMaking, now: Date): Promise<string[]> {
  const freed: string[] = [];
  for (const parked of await listParkedRuns(making.database)) {
    const dag = await findDag(making.database, parked.dagId);
    const plan = dag === undefined ? undefined : await making.plans.get(dag.versionKey);
    if (plan?.source === undefined || plan.source === null) continue;
    const seen = await lookAtStream(making, plan);
    if (seen.kind !== 'seen') continue;
    const done = await giveRanges(making, { plan, now, runKey: parked.runKey }, seen.observation);
    making.cursors.forget({ dagId: plan.dagId, topic: plan.source.topic });
    if (done) freed.push(parked.dagId);
  }
  return freed;
}

function giveRanges(
  making: RunMaking,
  parked: { readonly plan: DagPlan; readonly now: Date; readonly runKey: number },
  observation: StreamObservation,
): Promise<boolean> {
  const { plan, now, runKey } = parked;
  const { dagId, source } = plan;
  return making.database.transaction(async (tx) => {
    const dag = await lockDag(tx, dagId, { skipLocked: false });
    if (dag === undefined || source === null) return false;
    const { topic } = source;
    const cursors = await lockCursors(tx, { dagId, topic });
    const open = await listOpenRanges(tx, { dagId, topic });
    const stream = planStream(source, { cursors, open }, { observation, restOnly: false });
    if (stream === undefined || stream.blockedBy !== null) return false;
    if (!(await unparkRun(tx, runKey))) return false;
    if (stream.loss !== null) {
      await failNewRun(tx, { runKey, reason: stream.loss.code, note: stream.loss.note, at: now });
      return true;
    }
    const ranges = planRanges(stream.backlogs, source.maxRecords);
    if (ranges.length > 0) await insertRanges(tx, { runKey, dagId, topic, isLive: true, ranges });
    await moveCursors(tx, { dagId, topic, at: now }, advance(stream, ranges));
    return true;
  });
}
