import type { Demand, FlushBatch, PlannedGrant } from './flush-batch.ts';
import type { FlushDraft } from './flush-draft.ts';
import { placeOf, poolKey, type TaskRow } from './flush-rows.ts';
import { compareRanks, rankOf } from './rank.ts';

export interface Admission {
  readonly grants: readonly PlannedGrant[];
  readonly queued: readonly TaskRow[];
}

/**
 * Gives free slots to what is ready, within every limit: live runs first, then priority, then the older run.
 * A grant goes from `scheduled` to `running` in one step, since the claim is merged in.
 */
export function admit(draft: FlushDraft, batch: FlushBatch): Admission {
  const tokens = draft.rows.tokens.values();
  const free = batch.demands.map((demand) => demand.slots);
  const grants: PlannedGrant[] = [];
  const queued: TaskRow[] = [];
  for (const row of inOrder(draft, batch)) {
    if (!isWithinLimits(draft, row)) continue;
    const demand = chooseDemand(batch.demands, free, draft.taskOf(row).queue);
    if (demand === undefined && !batch.queuesRest) continue;
    const token = tokens.next();
    if (token.done === true) break;
    row.token = token.value;
    nextTry(draft, row);
    if (demand === undefined) {
      queued.push(row);
      continue;
    }
    free[demand] = (free[demand] ?? 0) - 1;
    start(draft, row, batch.demands[demand]?.sessionKey ?? null);
    grants.push({ demand, task: row });
  }
  return { grants, queued };
}

function inOrder(draft: FlushDraft, batch: FlushBatch): TaskRow[] {
  if (batch.demands.length === 0 && !batch.queuesRest) return [];
  const rows = new Map<number, TaskRow>();
  for (const ref of batch.candidates) {
    const row = draft.task(ref);
    if (row?.state === 'scheduled') rows.set(placeOf(row), row);
  }
  for (const row of draft.ready) rows.set(placeOf(row), row);
  const ranked = [...rows.values()].map((row) => ({
    row,
    rank: rankOf(draft.facts(row), draft.taskOf(row)),
  }));
  ranked.sort(
    (a, b) => compareRanks(a.rank, b.rank) || a.row.runKey - b.row.runKey || a.row.ix - b.row.ix,
  );
  return ranked.map(({ row }) => row);
}

function isWithinLimits(draft: FlushDraft, row: TaskRow): boolean {
  const run = draft.run(row.runKey);
  if (run.state !== 'running' || run.isPaused) return false;
  if (run.activeTasks >= draft.facts(row).flow.maxActiveTasks) return false;
  const task = draft.taskOf(row);
  const pool = draft.rows.limits.get(poolKey(task));
  // A pool whose row was not locked admits nothing in this flush; one that does not exist never does.
  return pool !== undefined && pool.used + task.poolSlots <= pool.cap;
}

/** The emptiest worker first, so that a burst spreads out. */
function chooseDemand(
  demands: readonly Demand[],
  free: readonly number[],
  queue: string,
): number | undefined {
  let best: number | undefined;
  let most = 0;
  for (const [place, demand] of demands.entries()) {
    const slots = free[place] ?? 0;
    if (slots <= most || !demand.queues.has(queue)) continue;
    best = place;
    most = slots;
  }
  return best;
}

function nextTry(draft: FlushDraft, row: TaskRow): void {
  // A sensor that looks again resumes its try.
  if (row.firstStartMs === null) row.tryNumber += 1;
  row.startMs = draft.nowMs;
  row.endMs = null;
  row.sessionKey = null;
  draft.move(row, 'queue');
}

function start(draft: FlushDraft, row: TaskRow, sessionKey: number | null): void {
  draft.move(row, 'start');
  row.sessionKey = sessionKey;
}
