import { deletedTable, unmappedTable, type LoadTarget } from './load-target.ts';
import type { LoaderSession } from './loader-session.ts';
import { LOAD_LOCK } from './private-schema.ts';
import { literal } from './sql-text.ts';

/** What a target remembers for repeats and replays is kept for so long, unless the author says otherwise. */
export const KEEP_MS = 30 * 86_400_000;
export const CLEAN_UP_EVERY_MS = 5 * 60_000;
const MOST_LOADS = 1_000;
const MOST_KEYS = 10_000;
/** A run waits for its clean-up, so that must be over soon; the next one goes on. */
const BUDGET_MS = 250;

export interface CleanUp {
  readonly target: LoadTarget;
  readonly keepMs: number;
  /** The present; for tests. (Default: the target database's own time) */
  readonly now?: Date;
  /** Milliseconds of any beginning, to keep within the budget. */
  readonly stopwatch: () => number;
}

export interface CleanUpSummary {
  /** Loads forgotten, with their ranges in the ledger. */
  readonly loads: number;
  readonly fences: number;
  /** Memories of deleted keys and unmapped events. */
  readonly keys: number;
}

const NOTHING: CleanUpSummary = { loads: 0, fences: 0, keys: 0 };

/**
 * Forgets what no repeat or replay of the last `keepMs` can need, in batches. Undefined when a clean-up of
 * this target was made, or begun, less than five minutes ago.
 *
 * - A load goes, with its ledger rows, when it began and last loaded before that. A try that comes after all
 *   would load anew, as a load of its own. The newest load always stays: generations count on from it.
 * - A fence goes when its task instance was last seen before that.
 * - What a load remembered of deleted keys and unmapped events goes after the load: younger memories have a
 *   generation of a load that is still known. What a delete guards against is older than the delete, so it is
 *   out of reach of a replay by then.
 *
 * All ages are by the target database's clock, which also dated the rows: a worker whose clock is wrong
 * forgets nothing. A batch holds the target's lock, so that no load it is about to forget can resume meanwhile.
 */
export async function cleanUp(
  session: LoaderSession,
  options: CleanUp,
): Promise<CleanUpSummary | undefined> {
  const { id } = session.prepared;
  const now =
    options.now === undefined ? 'now()' : `${literal(options.now.toISOString())}::timestamptz`;
  const claimed = await session.run(
    `update tidegate.target set cleaned_at = ${now} where id = ${id}
       and cleaned_at <= ${now} - ${interval(CLEAN_UP_EVERY_MS)} returning id`,
  );
  if (claimed.length === 0) return undefined;
  const before = `(${now} - ${interval(options.keepMs)})`;
  const statement = batchStatement(options.target, id, before);
  const deadline = options.stopwatch() + BUDGET_MS;
  let sum = NOTHING;
  for (;;) {
    const batch = await runBatch(session, statement);
    if (batch === undefined) return sum;
    sum = {
      loads: sum.loads + batch.loads,
      fences: sum.fences + batch.fences,
      keys: sum.keys + batch.keys,
    };
    const isAll = batch.loads < MOST_LOADS && batch.fences < MOST_LOADS && batch.keys < MOST_KEYS;
    if (isAll || options.stopwatch() >= deadline) return sum;
  }
}

/** PostgreSQL 14 reads no number of milliseconds above 2^31. */
function interval(ms: number): string {
  return `make_interval(secs => ${ms / 1000})`;
}

/** Undefined when a load has the lock: cleaning can wait, loading cannot. */
async function runBatch(
  session: LoaderSession,
  statement: string,
): Promise<CleanUpSummary | undefined> {
  try {
    const [lock] = await session.run(
      `begin; select pg_try_advisory_xact_lock(${LOAD_LOCK}, ${session.prepared.id}) as is_free`,
    );
    if (lock?.['is_free'] !== true) {
      await session.rollback();
      return undefined;
    }
    const [row] = await session.run(statement);
    await session.run('commit');
    const { loads, fences, keys } = row as Record<keyof CleanUpSummary, string>;
    return { loads: Number(loads), fences: Number(fences), keys: Number(keys) };
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

function batchStatement(target: LoadTarget, id: number, before: string): string {
  const memories = [
    deletedTable(target.current),
    ...(target.history === undefined ? [] : [unmappedTable(target.current)]),
  ];
  const forgotten = memories.map(
    (table, index) => `forgotten_${index} as (
       delete from ${table} where ctid = any (array(
         select ctid from ${table}
         where _gen < (select min(generation) from tidegate.load where target = ${id})
         order by _gen limit ${MOST_KEYS}))
       returning 1)`,
  );
  const keys = memories.map((_, index) => `(select count(*) from forgotten_${index})`).join(' + ');
  // The oldest first, and only then their age: an index has them in this order.
  return `
with old as materialized (
  select load_id from (
    select load_id, generation, begun_at from tidegate.load where target = ${id}
    order by generation limit ${MOST_LOADS}) oldest
  where begun_at < ${before}
    and generation < (select max(generation) from tidegate.load where target = ${id})
    and not exists (select from tidegate.ledger l where l.target = ${id}
      and l.load_id = oldest.load_id and l.loaded_at >= ${before})),
ranges as (delete from tidegate.ledger l using old where l.target = ${id} and l.load_id = old.load_id),
loads as (
  delete from tidegate.load l using old where l.target = ${id} and l.load_id = old.load_id
  returning 1),
fences as (
  delete from tidegate.fence where seen_at < ${before} and task_instance = any (array(
    select task_instance from tidegate.fence where seen_at < ${before}
    order by seen_at limit ${MOST_LOADS}))
  returning 1),
${forgotten.join(',\n')}
select (select count(*) from loads) as loads, (select count(*) from fences) as fences,
  ${keys} as keys`;
}
