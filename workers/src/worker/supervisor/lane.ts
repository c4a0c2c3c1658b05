import type { Grant, TaskKey } from '@tidegate/engine/execution-contract';

/** Where a worker's grants come from. */
export interface Lane {
  start(): void;
  /** Slots to offer with a finish request that carries these results. They count as offered until `finished`. */
  offerSlots(tasks: readonly TaskKey[]): number;
  /** The request is answered; `grants` came back with it. */
  finished(tasks: readonly TaskKey[], offered: number, grants: readonly Grant[]): void;
  /** A try ended of which nothing is reported. */
  dropped(task: TaskKey): void;
  /** Takes no more grants. */
  stop(): Promise<void>;
}

/** What a lane may ask the supervisor. */
export interface LaneHost {
  /** How many more tasks it takes; below 0 when it holds more than it would take now. */
  wantedGrants(): number;
  accept(grants: readonly Grant[], leaseMs: number | undefined): void;
  /** A newer process of this worker took over. */
  onSuperseded(): void;
}
