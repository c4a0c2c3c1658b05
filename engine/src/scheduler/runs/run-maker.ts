import { systemClock, type Clock } from '../../platform/clock.ts';
import { failpoint } from '../../platform/failpoint.ts';
import { silentLogger, type Logger } from '../../platform/log.ts';
import type { Database } from '../../store/db.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import { listDagsOfRuns } from '../../store/runs/find-run.ts';
import { RunConnections } from '../../store/runs/run-connections.ts';
import { findDag, findNextDue, listRecordDrivenDags } from '../../store/runs/schedulable-dags.ts';
import { forgetStream, listDagsWithRest } from '../../store/runs/stream-cursors.ts';
import type { RunInfoRow } from '../../store/flush/run-info.ts';
import type { Subscription, TopicLog, Wake } from '../../topic-log/topic-log.ts';
import { createCoalescer } from './coalescer.ts';
import { CursorMemory } from './cursor-memory.ts';
import { triggerInvalid } from './errors.ts';
import { FingerprintSaver } from './fingerprint-saver.ts';
import { Gathering, type Wanted } from './gathering.ts';
import { KeyedTimers } from './keyed-timers.ts';
import type { MadeRun } from './made-run.ts';
import { makeDueRuns, planUnplanned, type RunMaking } from './make-due-runs.ts';
import { makeStreamRun, unparkRuns } from './make-stream-runs.ts';
import { createOffsetMirror } from './mirror-offsets.ts';
import { createPlanCache } from './plan-cache.ts';
import { toRunToTell } from './run-to-tell.ts';
import { triggerRun, type TriggeredRun, type TriggerRequest } from './trigger-run.ts';

export interface RunMakerOptions {
  readonly database: Database;
  readonly topicLog: TopicLog;
  readonly clock?: Clock;
  readonly log?: Logger;
  /**
   * A run was committed: begin it if it holds its slot, else admit it. Left out where no scheduler runs: then
   * the schedulers are told.
   */
  readonly onRunMade?: (run: CommittedRun) => void;
}

export interface CommittedRun {
  readonly runKey: number;
  readonly dagId: string;
  readonly isStarted: boolean;
  /** The run as the flush will want to know it. */
  readonly info: RunInfoRow;
}

/**
 * How runs come to exist: timetables, records, the rest of large ranges, hands.
 *
 * Any number of schedulers may each have one; what they share is rows. Wake-ups (`runEnded`, records, timers)
 * make it quick, `sweep` makes it sure.
 */
export interface RunMaker {
  /** Makes what is due, listens to the topics of `onRecords` DAGs. */
  start(): Promise<void>;
  /** Repairs what lost wake-ups left; call it every 1-5 s. */
  sweep(): Promise<void>;
  /** A run of this DAG ended, was cleared, marked or deleted: its next one may have its turn. */
  runEnded(dagId: string): void;
  /** The same for runs known by their keys: the scheduler's `onRunsEnded`. */
  runsEnded(runKeys: readonly number[]): void;
  /** DAGs were registered, paused or unpaused. */
  dagsChanged(): void;
  triggerRun(dagId: string, request: TriggerRequest): Promise<TriggeredRun>;
  /** After a topic was re-created: the DAG's next run starts at the topic's start. */
  resetStream(dagId: string): Promise<void>;
  /** Takes no new work; resolves when what is under way has ended. */
  close(): Promise<void>;
}

/** Longest sleep of the timer: longer waits are cut, since the wall clock may be set meanwhile. */
const LONGEST_SLEEP_MS = 60_000;

export function createRunMaker(options: RunMakerOptions): RunMaker {
  return new RunMakerOfScheduler(options);
}

class RunMakerOfScheduler implements RunMaker {
  readonly #options: RunMakerOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #making: RunMaking;
  readonly #mirror: ReturnType<typeof createOffsetMirror>;
  readonly #gathering = new Gathering();
  /** When records of a DAG have gathered for `within`. */
  readonly #gathered: KeyedTimers;
  readonly #subscriptions = new Map<string, Subscription>();
  /** DAG ids by topic, of `onRecords` DAGs. */
  #listeners = new Map<string, string[]>();
  readonly #known = new Map<string, DagPlan>();
  readonly #dags: ReturnType<typeof createCoalescer>;
  readonly #rounds: ReturnType<typeof createCoalescer>;
  readonly #fingerprints: FingerprintSaver;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(options: RunMakerOptions) {
    const { database, topicLog } = options;
    const connections = new RunConnections(database);
    // A maker of a process without a scheduler is never closed itself.
    database.closeWith(() => connections.close());
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    this.#gathered = new KeyedTimers(this.#clock);
    this.#making = {
      database,
      topicLog,
      connections,
      cursors: new CursorMemory(database),
      hasScheduler: options.onRunMade !== undefined,
      plans: createPlanCache(database),
      log: this.#log,
      onMade: (plan, made) => this.#announce(plan, made),
    };
    database.timeline.onChanged(() => this.#making.plans.forget());
    const reader = { sql: database, topicLog };
    this.#mirror = createOffsetMirror(reader, { clock: this.#clock, log: this.#log });
    const onError = (err: unknown, key: string) =>
      this.#log.warn({ err, key }, 'making of runs was interrupted');
    this.#dags = createCoalescer((dagId) => this.#workDag(dagId), onError);
    this.#rounds = createCoalescer(() => this.#workRound(), onError);
    this.#fingerprints = new FingerprintSaver(this.#making, { clock: this.#clock, onError });
  }

  async start(): Promise<void> {
    await this.sweep();
  }

  async sweep(): Promise<void> {
    await this.#rounds.ask('round');
  }

  runEnded(dagId: string): void {
    void this.#look(dagId);
  }

  runsEnded(runKeys: readonly number[]): void {
    listDagsOfRuns(this.#options.database, runKeys).then(
      (dagIds) => dagIds.forEach((dagId) => this.runEnded(dagId)),
      (err: unknown) => this.#log.warn({ err }, 'ended runs were not looked up; the sweep repairs'),
    );
  }

  dagsChanged(): void {
    this.#known.clear();
    this.#gathering.clear();
    void this.#rounds.ask('round');
  }

  triggerRun(dagId: string, request: TriggerRequest): Promise<TriggeredRun> {
    return triggerRun(this.#making, dagId, { ...request, now: this.#now() });
  }

  async resetStream(dagId: string): Promise<void> {
    const topic = (await this.#plan(dagId))?.source?.topic;
    if (topic === undefined) throw triggerInvalid(`${dagId} has no source to reset`);
    await this.#options.database.transaction((tx) => forgetStream(tx, { dagId, topic }));
    this.#making.cursors.forget({ dagId, topic });
    this.runEnded(dagId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#gathered.cancelAll();
    await Promise.allSettled([...this.#subscriptions.values()].map((one) => one.close()));
    await Promise.all([this.#rounds.close(), this.#dags.close(), this.#fingerprints.close()]);
    await this.#mirror.close();
    await this.#making.connections.close();
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }

  /** One look at everything: what sweeps, timers and starts do. */
  async #workRound(): Promise<void> {
    // Others may have moved or reset a stream: what is known of it lasts from sweep to sweep.
    this.#making.cursors.forgetAll();
    const steps = [
      () => planUnplanned(this.#making, this.#now()),
      () => makeDueRuns(this.#making, this.#now()),
      () => this.#listen(),
      () => unparkRuns(this.#making, this.#now()),
      () => this.#armTimer(),
      () => this.#askStreams(),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (err) {
        // The steps repair different things: one that fails must not keep the others from it.
        this.#log.warn({ err }, 'a step of the round failed');
      }
    }
  }

  async #askStreams(): Promise<void> {
    const withRest = await listDagsWithRest(this.#options.database);
    const driven = [...this.#listeners.values()].flat();
    await Promise.all([...new Set([...withRest, ...driven])].map((dagId) => this.#look(dagId)));
  }

  /** As `ask`, and whatever is known of records that gather. */
  #look(dagId: string): Promise<void> {
    this.#gathering.lookAnew(dagId);
    return this.#dags.ask(dagId);
  }

  async #workDag(dagId: string): Promise<void> {
    const plan = this.#known.get(dagId) ?? (await this.#plan(dagId));
    if (plan === undefined) return;
    const { source, schedule } = plan;
    if (source !== null) {
      this.#mirror.touch({ dagId, topic: source.topic });
      if (this.#wantsLook(plan)) await this.#lookAtStream(plan);
    }
    if (schedule.kind !== 'on_records' && schedule.kind !== 'none') {
      await makeDueRuns(this.#making, this.#now(), dagId);
    }
  }

  #wantsLook({ dagId, source, schedule }: DagPlan): boolean {
    if (schedule.kind !== 'on_records' || source === null) return true;
    const seen = this.#seen({ dagId, topic: source.topic }, schedule.upTo);
    return this.#follow(dagId, this.#gathering.begin(dagId, seen), schedule.withinMs);
  }

  async #lookAtStream(plan: DagPlan): Promise<void> {
    try {
      await this.#workStream(plan);
    } catch (error) {
      this.#gathering.lookAnew(plan.dagId);
      throw error;
    } finally {
      this.#gathering.end(plan.dagId);
    }
  }

  async #workStream(first: DagPlan): Promise<void> {
    const { dagId } = first;
    let plan: DagPlan | undefined = first;
    while (plan !== undefined && !this.#closed) {
      // Only what records drive looks at the log at every turn.
      if (plan.schedule.kind !== 'on_records' && !(await this.#hasRest(dagId))) return;
      const now = this.#now();
      const gatheringSince = this.#gathering.since(dagId);
      const made = await makeStreamRun(this.#making, { plan, gatheringSince }, now);
      this.#rememberGathering(dagId, made, now);
      if (made.kind === 'superseded') plan = await this.#plan(dagId);
      else if (made.kind !== 'made' || !made.hasRest) return;
    }
  }

  async #hasRest(dagId: string): Promise<boolean> {
    return (await listDagsWithRest(this.#options.database, dagId)).length > 0;
  }

  #rememberGathering(dagId: string, made: MadeRun, now: Date): void {
    this.#gathering.remember(dagId, made, now);
    if (made.kind === 'made') this.#gathered.cancel(dagId);
    if (made.kind === 'gathering') this.#askIn(dagId, made.until.getTime() - now.getTime());
  }

  /** One timer a DAG, or every run of a busy one would leave its own behind. */
  #askIn(dagId: string, ms: number): void {
    this.#gathered.set(dagId, Math.max(1, ms), () => void this.#look(dagId));
  }

  /** Records came. Those that gather beside an active run are counted by what the wake-up says, unread. */
  #recordsCame(topic: string, ends: ReadonlyMap<number, number> | undefined): void {
    for (const dagId of this.#listeners.get(topic) ?? []) {
      const schedule = this.#known.get(dagId)?.schedule;
      if (schedule?.kind !== 'on_records') {
        void this.#dags.ask(dagId);
        continue;
      }
      const seen = this.#seen({ dagId, topic }, schedule.upTo);
      const wanted = this.#gathering.wake(dagId, ends, seen);
      if (this.#follow(dagId, wanted, schedule.withinMs)) void this.#dags.ask(dagId);
    }
  }

  #seen(
    stream: { readonly dagId: string; readonly topic: string },
    upTo: number,
  ): Parameters<Gathering['begin']>[1] {
    return { now: this.#now(), upTo, cursors: this.#making.cursors.find(stream) };
  }

  /** True: look now. */
  #follow(dagId: string, wanted: Wanted, withinMs: number): boolean {
    if (wanted === 'wait') this.#askIn(dagId, withinMs);
    return wanted === 'look';
  }

  async #plan(dagId: string): Promise<DagPlan | undefined> {
    const dag = await findDag(this.#options.database, dagId);
    const plan = dag === undefined ? undefined : await this.#making.plans.get(dag.versionKey);
    if (plan !== undefined) this.#known.set(dagId, plan);
    return plan;
  }

  #announce(plan: DagPlan, made: MadeRun): void {
    if (made.kind === 'lost') {
      const { runId, code } = made;
      this.#log.error({ dagId: plan.dagId, runId, code }, 'run failed: its log is lost');
    }
    if (made.kind !== 'made') return;
    const { runKey, records, isStarted } = made;
    const { dagId, source } = plan;
    this.#log.info({ dagId, runId: made.identity.runId, records }, 'run made');
    failpoint('run.after-commit');
    this.#options.onRunMade?.({
      runKey,
      dagId,
      isStarted,
      info: { ...toRunToTell(plan, made), run_key: runKey },
    });
    if (made.hasRest) void this.#look(dagId);
    if (made.pinned.length === 0 || source?.history !== true) return;
    this.#fingerprints.touch({ dagId, topic: source.topic, ranges: made.pinned });
  }

  /** Follows which topics have `onRecords` DAGs. */
  async #listen(): Promise<void> {
    const listeners = new Map<string, string[]>();
    for (const dag of await listRecordDrivenDags(this.#options.database)) {
      const plan = await this.#making.plans.get(dag.versionKey);
      if (plan?.source === undefined || plan.source === null) continue;
      listeners.set(plan.source.topic, [...(listeners.get(plan.source.topic) ?? []), dag.dagId]);
    }
    this.#listeners = listeners;
    for (const topic of listeners.keys()) {
      if (this.#subscriptions.has(topic) || this.#closed) continue;
      const wake: Wake = (ends) => this.#recordsCame(topic, ends);
      this.#subscriptions.set(topic, this.#options.topicLog.onRecords(topic, wake));
    }
    for (const [topic, subscription] of this.#subscriptions) {
      if (listeners.has(topic)) continue;
      this.#subscriptions.delete(topic);
      await subscription.close();
    }
  }

  async #armTimer(): Promise<void> {
    const now = this.#now();
    const next = await findNextDue(this.#options.database, now);
    this.#cancelTimer?.();
    if (next === null || this.#closed) return;
    const waitMs = Math.min(LONGEST_SLEEP_MS, Math.max(1, next.getTime() - now.getTime()));
    this.#cancelTimer = this.#clock.after(waitMs, () => void this.#rounds.ask('round'));
  }
}
