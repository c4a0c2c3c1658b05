import type { LimitRow, RunFacts, RunRow, TaskRef } from '../../state/flush-rows.ts';
import { compareRanks, type Rank } from '../../state/rank.ts';
import { contenderOf, type Contender, type Forecast } from './forecast.ts';

/** What ready task instances of one run compete with. */
type Kind = Omit<Contender, 'ix'>;

/** Ready task instances of one kind, in order of place. */
interface Group extends Kind {
  readonly places: Set<number>;
}

/** Groups of one lane and priority. */
interface Bucket {
  readonly rank: Rank;
  /** The older run first. */
  groups: Group[];
}

interface FreeSlots {
  readonly queues: ReadonlySet<string>;
  readonly slots: number;
}

/** One flush never locks more ready rows than this, however many slots are free. */
const MOST_CANDIDATES = 1_000;

const NOTHING: Forecast = { ending: [], coming: [] };

/**
 * Ready task instances in memory: a hint of what a flush could grant, never the truth. Groups whose run or
 * pool is known to be full are passed over, so that nothing limited hides what could run.
 */
export class ReadyList {
  private readonly buckets: Bucket[] = [];
  private readonly runs = new Map<number, RunRow>();
  private readonly pools = new Map<string, LimitRow>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(run: RunFacts, ix: number): void {
    const contender = contenderOf(run, ix);
    if (contender === null) return;
    const group = groupOf(this.bucketOf(contender.rank), contender);
    if (!group.places.has(ix)) this.count += 1;
    group.places.add(ix);
  }

  /** What a flush or the sweep saw of runs and limits. */
  learn(runs: Iterable<RunRow>, limits: Iterable<LimitRow>): void {
    for (const run of runs) this.runs.set(run.runKey, run);
    for (const limit of limits) this.pools.set(limit.key, limit);
  }

  /** Forgets what is known of limits, so that everything ready is tried again. */
  forgetHints(): void {
    this.runs.clear();
    this.pools.clear();
  }

  forgetRun(runKey: number): void {
    this.runs.delete(runKey);
    for (const { groups } of this.buckets) {
      const from = firstFrom(groups, runKey);
      const gone = groups.splice(from, firstFrom(groups, runKey + 1) - from);
      for (const { places } of gone) this.count -= places.size;
    }
  }

  /**
   * Takes out the best candidates for the free slots. Slots that tasks of a better rank are about to take are
   * not free: a row locked in vain costs as much as one that is granted. Those not granted come back through
   * `add`.
   */
  take(free: readonly FreeSlots[], { ending, coming }: Forecast = NOTHING): TaskRef[] {
    const wanted = free.reduce((sum, demand) => sum + demand.slots, 0);
    if (this.count === 0 || wanted === 0) return [];
    const taking: Taking = { taken: [], used: new Map(), left: Math.min(wanted, MOST_CANDIDATES) };
    for (const contender of ending) use(taking.used, contender, -1);
    const isAskedFor = ({ queue }: Kind): boolean =>
      free.some((demand) => demand.queues.has(queue));
    const rivals = coming.filter(isAskedFor).sort(compareKinds);
    let next = 0;
    for (const bucket of this.buckets) {
      for (const group of bucket.groups) {
        for (; isBefore(rivals[next], group); next += 1) this.seat(rivals[next], taking);
        if (taking.left <= 0) break;
        if (isAskedFor(group)) this.takeFrom(group, taking);
      }
      bucket.groups = bucket.groups.filter((group) => group.places.size > 0);
      if (taking.left <= 0) break;
    }
    return taking.taken;
  }

  private takeFrom(group: Group, taking: Taking): void {
    let room = this.room(group, taking.used);
    for (const ix of group.places) {
      if (room <= 0 || taking.left <= 0) return;
      room -= 1;
      taking.left -= 1;
      group.places.delete(ix);
      this.count -= 1;
      taking.taken.push({ runKey: group.run.runKey, ix });
      use(taking.used, group, 1);
    }
  }

  private seat(rival: Contender | undefined, taking: Taking): void {
    if (rival === undefined || this.room(rival, taking.used) <= 0) return;
    taking.left -= 1;
    use(taking.used, rival, 1);
  }

  /** How many of its kind the limits leave, as far as memory knows. */
  private room(of: Kind, used: ReadonlyMap<string | number, number>): number {
    const { runKey, flow } = of.run;
    const row = this.runs.get(runKey);
    if (row?.isPaused === true) return 0;
    const inRun = flow.maxActiveTasks - (row?.activeTasks ?? 0) - (used.get(runKey) ?? 0);
    const pool = this.pools.get(of.pool);
    if (pool === undefined) return inRun;
    const inPool = (pool.cap - pool.used - (used.get(of.pool) ?? 0)) / of.slots;
    return Math.min(inRun, Math.floor(inPool));
  }

  private bucketOf(rank: Rank): Bucket {
    const found = this.buckets.find((bucket) => compareRanks(bucket.rank, rank) === 0);
    if (found !== undefined) return found;
    const bucket: Bucket = { rank, groups: [] };
    this.buckets.push(bucket);
    this.buckets.sort((a, b) => compareRanks(a.rank, b.rank));
    return bucket;
  }
}

/** One `take` under way: what it took, what that and the forecast use of runs and pools, what it may still take. */
interface Taking {
  readonly taken: TaskRef[];
  readonly used: Map<string | number, number>;
  left: number;
}

function use(used: Map<string | number, number>, by: Kind, tasks: number): void {
  const { runKey } = by.run;
  used.set(runKey, (used.get(runKey) ?? 0) + tasks);
  used.set(by.pool, (used.get(by.pool) ?? 0) + tasks * by.slots);
}

function groupOf({ groups }: Bucket, { run, queue, pool, slots, rank }: Kind): Group {
  const group: Group = { run, queue, pool, slots, rank, places: new Set() };
  const end = firstFrom(groups, run.runKey + 1);
  const ofRun = groups.slice(firstFrom(groups, run.runKey), end);
  const found = ofRun.find((known) => isSame(known, group));
  if (found !== undefined) return found;
  groups.splice(end, 0, group);
  return group;
}

function isSame(a: Kind, b: Kind): boolean {
  return a.queue === b.queue && a.pool === b.pool && a.slots === b.slots;
}

/** Place of the first group whose run is `runKey` or younger. */
function firstFrom(groups: readonly Group[], runKey: number): number {
  let low = 0;
  let high = groups.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((groups[middle]?.run.runKey ?? Infinity) < runKey) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(rival: Contender | undefined, group: Group): boolean {
  return rival !== undefined && compareKinds(rival, group) < 0;
}

function compareKinds(a: Kind, b: Kind): number {
  return compareRanks(a.rank, b.rank) || a.run.runKey - b.run.runKey;
}
