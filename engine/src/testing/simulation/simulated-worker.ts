import type { Report } from '../../state/flush-batch.ts';
import type { TaskRow } from '../../state/flush-rows.ts';
import type { MemoryJob } from '../../store/memory/memory-store.ts';
import { randomOutcome } from './random-outcome.ts';
import type { LoadResult } from './simulated-target.ts';
import type { World } from './world.ts';

const HEARTBEAT_MS = 5_000;
const POLL_MS = 3_000;
const RESEND_MS = 1_000;
const RESTART_MS = 2_000;
const PAUSE_MS = 40_000;
const FENCED = { kind: 'lost', reason: 'the target saw a later try' } as const;

/** One worker process: polls for tasks or takes jobs, runs them, reports until it is answered. */
export class SimulatedWorker {
  private readonly world: World;
  private readonly name: string;
  private readonly slots: number;
  private sessionKey: number;
  private readonly held = new Set<number>();
  private pausedUntilMs = 0;
  private isDead = false;
  private readonly skewMs: number;

  constructor(world: World, name: string, skewMs: number) {
    this.world = world;
    this.name = name;
    this.skewMs = skewMs;
    this.slots = world.network.random.between(1, 4);
    this.sessionKey = world.sessions.open(name, world.anyScheduler().now());
    this.beat();
    this.poll();
  }

  /** BullMQ lane: false when it has no slot. */
  take(job: MemoryJob): boolean {
    if (this.isStopped() || this.held.size >= this.slots) return false;
    const nowMs = this.world.anyScheduler().now();
    const row = this.world.start(job, { sessionKey: this.sessionKey, nowMs });
    if (row !== null) this.run(row);
    return true;
  }

  private isStopped(): boolean {
    return this.isDead || this.world.network.time.now() < this.pausedUntilMs;
  }

  private beat(): void {
    const { network } = this.world;
    network.time.after(HEARTBEAT_MS, () => {
      if (network.strikes('workerDies')) this.die();
      else if (network.strikes('workerPauses')) this.pausedUntilMs = network.time.now() + PAUSE_MS;
      this.beat();
      if (this.isStopped()) return;
      const { sessionKey } = this;
      const held = new Set(this.held);
      network.send(() => {
        const isAlive = this.world.anyScheduler().heartbeat(sessionKey, held);
        if (!isAlive && sessionKey === this.sessionKey) this.openSession();
      });
    });
  }

  private poll(): void {
    const { network, isBullmq } = this.world;
    if (isBullmq) return;
    const free = this.slots - this.held.size;
    const { sessionKey } = this;
    if (!this.isStopped() && free > 0) {
      const untilMs = network.time.now() + POLL_MS;
      const demand = { sessionKey, queues: new Set(['default', 'heavy']), slots: free };
      const answer = (grants: readonly TaskRow[]): void =>
        network.send(() => {
          if (sessionKey !== this.sessionKey || this.isDead) return;
          for (const grant of grants) this.run(grant);
          this.poll();
        });
      network.send(() => this.world.anyScheduler().poll({ demand, untilMs, answer }));
    }
    network.time.after(POLL_MS + 100, () => {
      if (this.sessionKey === sessionKey) this.poll();
    });
  }

  private run(row: TaskRow): void {
    if (this.held.has(row.token)) return;
    this.held.add(row.token);
    const { network } = this.world;
    const { sessionKey } = this;
    const startMs = this.now();
    const task = this.world.store.factsOf(row.runKey).flow.tasks[row.ix];
    const outcome = randomOutcome(network.random, task);
    const length = network.random.chance(0.05) ? 20_000 : network.random.between(1, 400);
    const finish = (result: LoadResult | null): void => {
      if (this.isDead || sessionKey !== this.sessionKey) return;
      const { runKey, ix, tryNumber, token } = row;
      const told = result === 'fenced' ? FENCED : outcome;
      const report = { runKey, ix, tryNumber, token, outcome: told, startMs, endMs: this.now() };
      this.send(report);
    };
    // A process that is to end with its worker may come to its commit first.
    const isZombie = network.random.chance(0.5);
    this.awake(length / 2, () => {
      const isLate = this.isDead || sessionKey !== this.sessionKey;
      const result = isLate && !isZombie ? null : this.world.load(row);
      this.awake(length / 2, () => finish(result));
    });
  }

  /** As soon as so much time has passed and the worker does not stand still. */
  private awake(delayMs: number, callback: () => void): void {
    const { time } = this.world.network;
    time.after(delayMs, () => {
      const wait = this.pausedUntilMs - time.now();
      if (wait > 0) this.awake(wait, callback);
      else callback();
    });
  }

  private now(): number {
    return this.world.network.time.now() + this.skewMs;
  }

  /** Sends the report again until some scheduler has answered it. */
  private send(report: Report): void {
    if (this.isDead || !this.held.has(report.token)) return;
    const { network } = this.world;
    network.send(() =>
      this.world.anyScheduler().report(report, () =>
        network.send(() => {
          this.held.delete(report.token);
        }),
      ),
    );
    network.time.after(RESEND_MS, () => this.send(report));
  }

  private die(): void {
    this.isDead = true;
    this.held.clear();
    this.world.network.time.after(RESTART_MS, () => {
      this.isDead = false;
      this.openSession();
    });
  }

  private openSession(): void {
    this.held.clear();
    this.sessionKey = this.world.sessions.open(this.name, this.world.anyScheduler().now());
    this.poll();
  }
}
