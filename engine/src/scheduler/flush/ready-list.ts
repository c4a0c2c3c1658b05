import { poolKey, type LimitRow, type RunRow, type TaskRef } from '../../state/flush-rows.ts';
import type { RunInfo } from '../../store/flush/run-info.ts';

/** Ready task instances of one run that compete for the same thing, in order of place. */
interface Group {
  readonly info: RunInfo;
  readonly queue: string;
  readonly pool: string;
  readonly slots: number;
  readonly places: Set<number>;
}

/** Groups of one lane and priority, the older run first. */
interface Bucket {
  /** Lower goes first. */
  readonly rank: readonly [lane: number, priority: number];
  readonly groups: Map<string, Group>;
}

interface FreeSlots {
  readonly queues: ReadonlySet<string>;
  readonly slots: number;
}

/** A try that is reported: its run and pool have room for one more. */
export interface EndingTry {
  readonly runKey: number;
  readonly pool: string;
  readonly slots: number;
}

/** One flush never locks more ready rows than this, however many slots are free. */
const MOST_CANDIDATES = 1_000;

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

  add(info: RunInfo, ix: number): void {
    const task = info.flow.tasks[ix];
    if (task === undefined) return;
    const bucket = this.bucketOf(info.lane === 'live' ? 0 : 1, -task.priority);
    const pool = poolKey(task);
    const key = `${info.runKey}/${task.queue}/${pool}/${task.poolSlots}`;
    const group = bucket.groups.get(key) ?? {
      info,
      queue: task.queue,
      pool,
      slots: task.poolSlots,
      places: new Set<number>(),
    };
    bucket.groups.set(key, group);
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
    for (const bucket of this.buckets) {
      for (const [key, group] of bucket.groups) {
        if (group.info.runKey !== runKey) continue;
        this.count -= group.places.size;
        bucket.groups.delete(key);
      }
    }
  }

  /**
   * Takes out the best candidates for the free slots; `ending` are tries whose slots the same flush frees.
   * Those not granted come back through `add`.
   */
  take(free: readonly FreeSlots[], ending: readonly EndingTry[] = []): TaskRef[] {
    const wanted = free.reduce((sum, demand) => sum + demand.slots, 0);
    const taken: TaskRef[] = [];
    const most = Math.min(wanted, MOST_CANDIDATES);
    if (this.count === 0 || most === 0) return taken;
    const used = new Map<string | number, number>();
    for (const { runKey, pool, slots } of ending) {
      bump(used, runKey, -1);
      bump(used, pool, -slots);
    }
    for (const bucket of this.buckets) {
      for (const [key, group] of bucket.groups) {
        if (taken.length >= most) return taken;
        if (!free.some((demand) => demand.queues.has(group.queue))) continue;
        this.takeFrom(group, {
          room: Math.min(most - taken.length, this.room(group, used)),
          used,
          taken,
        });
        if (group.places.size === 0) bucket.groups.delete(key);
      }
    }
    return taken;
  }

  private takeFrom(
    group: Group,
    into: {
      readonly room: number;
      readonly used: Map<string | number, number>;
      readonly taken: TaskRef[];
    },
  ): void {
    let left = into.room;
    for (const ix of group.places) {
      if (left <= 0) return;
      left -= 1;
      group.places.delete(ix);
      this.count -= 1;
      into.taken.push({ runKey: group.info.runKey, ix });
      bump(into.used, group.info.runKey, 1);
      bump(into.used, group.pool, group.slots);
    }
  }

  /** How many of a group the limits leave, as far as memory knows. */
  private room(group: Group, used: ReadonlyMap<string | number, number>): number {
    const { runKey, flow } = group.info;
    const run = this.runs.get(runKey);
    if (run?.isPaused === true) return 0;
    const inRun = flow.maxActiveTasks - (run?.activeTasks ?? 0) - (used.get(runKey) ?? 0);
    const pool = this.pools.get(group.pool);
    if (pool === undefined) return inRun;
    const inPool = (pool.cap - pool.used - (used.get(group.pool) ?? 0)) / group.slots;
    return Math.min(inRun, Math.floor(inPool));
  }

  private bucketOf(lane: number, priority: number): Bucket {
    const found = this.buckets.find(({ rank }) => rank[0] === lane && rank[1] === priority);
    if (found !== undefined) return found;
    const bucket: Bucket = { rank: [lane, priority], groups: new Map() };
    this.buckets.push(bucket);
    this.buckets.sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1]);
    return bucket;
  }
}

function bump(counts: Map<string | number, number>, key: string | number, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
