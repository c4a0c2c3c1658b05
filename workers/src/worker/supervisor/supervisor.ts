import { taskTimedOut, type TaskOutcome } from '@tidegate/engine/dag';
import type { Grant } from '@tidegate/engine/execution-contract';
import { BugError, failpoint, toError } from '@tidegate/engine/platform';

import { systemLine } from '../log/log-line.ts';
import type { LogShipper } from '../log/log-shipper.ts';
import type { EndedMessage, TaskMessage } from '../process/messages.ts';
import type { BundleStore } from './bundle-store.ts';
import { describeExit, judgeDeath } from './death.ts';
import type { Finisher } from './finisher.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Lane, LaneHost } from './lane.ts';
import type { PoolEvents, ProcessPool } from './process-pool.ts';
import { Prefetch } from './prefetch.ts';
import { keyOf, keyText, type RunningTask, type Stopping } from './running-task.ts';
import type { ProcessExit } from './task-process-handle.ts';
import { countEnd } from './worker-metrics.ts';

/** The parts a supervisor is made of; set once, before the lane starts. */
export interface SupervisorParts {
  readonly lane: Lane;
  readonly finisher: Finisher;
  readonly pool: ProcessPool;
  readonly heartbeat: Heartbeat;
  readonly logs: LogShipper;
  readonly bundles: BundleStore;
}

export interface SupervisorOptions {
  readonly workerId: string;
  readonly concurrency: number;
  /** How long an aborted task may take to stop before its process is killed. */
  readonly abortGraceMs: number;
  readonly onSuperseded: () => void;
}

/**
 * The tries this worker holds, each from its grant to its report.
 *
 * A try ends once: by the task's own outcome, by the death of its process, or unreported because it is not
 * ours any more. Whatever ends it goes through `#end`.
 */
export class Supervisor implements LaneHost, PoolEvents {
  readonly #options: SupervisorOptions;
  readonly #tasks = new Map<number, RunningTask>();
  readonly #byKey = new Map<string, RunningTask>();
  #parts: SupervisorParts | undefined;
  readonly #prefetch = new Prefetch();
  #nextHandle = 1;
  #whenIdle: (() => void)[] = [];

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  assemble(parts: SupervisorParts): void {
    this.#parts = parts;
  }

  get tasks(): Iterable<RunningTask> {
    return this.#tasks.values();
  }

  get isBusy(): boolean {
    return this.#tasks.size > 0;
  }

  findTask(key: string): RunningTask | undefined {
    return this.#byKey.get(key);
  }

  freeSlots(): number {
    return Math.max(0, this.#options.concurrency - this.#tasks.size);
  }

  wantedGrants(): number {
    const { concurrency } = this.#options;
    return (
      concurrency + this.#prefetch.beyond(concurrency, this.#longestHeldMs()) - this.#tasks.size
    );
  }

  mayHandAhead(): boolean {
    return this.#prefetch.isAllowed(this.#longestHeldMs());
  }

  #longestHeldMs(): number {
    const [oldest] = this.#tasks.values();
    return oldest === undefined ? 0 : performance.now() - oldest.grantedAtMs;
  }

  accept(grants: readonly Grant[], leaseMs: number | undefined): void {
    if (leaseMs !== undefined) this.#get().heartbeat.setLeaseMs(leaseMs);
    if (grants.length > 0) failpoint('grant.received');
    const ready: RunningTask[] = [];
    for (const grant of grants) {
      // A repeated answer may bring a grant twice.
      if (this.#byKey.has(keyText(keyOf(grant)))) continue;
      const task = this.#open(grant);
      const fetched = this.#get().bundles.ensure(grant.bundle.hash);
      if (fetched === undefined) ready.push(task);
      else
        void fetched.then(
          () => this.#submit(task),
          (err: unknown) => this.#unloadable(task, err),
        );
    }
    if (ready.length > 0) this.#get().pool.submit(ready);
  }

  onSuperseded(): void {
    this.#options.onSuperseded();
  }

  /** Asks a task to stop; after the grace its process is killed. */
  readonly stopTask = (task: RunningTask, stopping: Stopping): void => {
    if (task.stopping !== undefined) {
      // From "lost" to "not ours": the report would be stale.
      if (stopping.outcome === null) task.stopping = { ...task.stopping, outcome: null };
      return;
    }
    task.stopping = stopping;
    task.log.append(systemLine(`the task is asked to stop: ${stopping.reason}`, 'warn'));
    const { pool } = this.#get();
    if (!pool.abort(task, stopping)) {
      this.#end(task, stopping.outcome, {});
      return;
    }
    if (task.hasStarted) this.#killLater(task);
  };

  #killLater(task: RunningTask): void {
    const kill = (): void => {
      this.killTask(task);
    };
    task.timers.push(setTimeout(kill, this.#options.abortGraceMs).unref());
  }

  readonly killTask = (task: RunningTask): void => {
    // One that waits in a busy process is told to stop, and does not start there any more.
    if (task.hasStarted) this.#get().pool.kill(task);
  };

  onStarted(task: RunningTask, pid: number): void {
    const { timeoutMs, tryNumber, maxTries } = task.grant;
    const line = systemLine(
      `try ${tryNumber} of ${maxTries + 1} starts on ${this.#options.workerId}, process ${pid}`,
    );
    task.startedAt = line.at;
    task.hasStarted = true;
    task.log.append(line);
    // Told to stop while it waited: its process was not to be killed for what kept it from starting.
    if (task.stopping !== undefined) this.#killLater(task);
    if (timeoutMs === null) return;
    const onTimeout = (): void => {
      this.stopTask(task, timedOut(timeoutMs));
    };
    task.timers.push(setTimeout(onTimeout, timeoutMs).unref());
  }

  onMessage(task: RunningTask, message: TaskMessage): void {
    switch (message.kind) {
      case 'line':
        task.log.append(message.line);
        return;
      case 'progress': {
        const { done, total } = message;
        task.progress = total === null ? { done } : { done, total };
        return;
      }
      case 'waiting':
        task.waitingFor = message.what?.slice(0, 1_000);
        return;
      case 'ended':
        this.#onEnded(task, message);
        return;
    }
  }

  onNeverStarted(task: RunningTask): void {
    this.#end(task, task.stopping?.outcome ?? null, {});
  }

  onDeath(tasks: readonly RunningTask[], exit: ProcessExit): void {
    const verdicts = judgeDeath(tasks, exit);
    for (const task of tasks) {
      task.log.append(systemLine(`the task process ended: ${describeExit(exit)}`, 'error'));
      this.#end(task, verdicts.get(task.handle) ?? null, {});
    }
  }

  onNotStarted(tasks: readonly RunningTask[], exit: ProcessExit): void {
    const reason = `no task process could be started: ${describeExit(exit)}`;
    for (const task of tasks) this.#end(task, { kind: 'lost', reason }, {});
  }

  /** Resolves when no task runs, or `withinMs` have passed. */
  async whenIdle(withinMs: number): Promise<void> {
    if (this.#tasks.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve);
      timer = setTimeout(resolve, withinMs);
    });
    clearTimeout(timer);
  }

  #get(): SupervisorParts {
    if (this.#parts === undefined)
      throw new BugError('the supervisor was used before it was assembled');
    return this.#parts;
  }

  #open(grant: Grant): RunningTask {
    const key = keyOf(grant);
    const { heartbeat, logs } = this.#get();
    const task: RunningTask = {
      handle: this.#nextHandle,
      grant,
      key,
      log: logs.open(key, firstSequence(grant)),
      startedAt: new Date().toISOString(),
      hasStarted: false,
      grantedAtMs: performance.now(),
      leaseUntilMs: heartbeat.leaseUntilMs(),
      progress: undefined,
      waitingFor: undefined,
      stopping: undefined,
      timers: [],
    };
    this.#nextHandle += 1;
    this.#tasks.set(task.handle, task);
    this.#byKey.set(keyText(key), task);
    return task;
  }

  #submit(task: RunningTask): void {
    // It may have been stopped while its bundle came.
    if (this.#tasks.has(task.handle)) this.#get().pool.submit([task]);
  }

  #unloadable(task: RunningTask, thrown: unknown): void {
    if (!this.#tasks.has(task.handle)) return;
    const { name, message } = toError(thrown);
    const outcome: TaskOutcome = { kind: 'failed', retriable: true, error: { name, message } };
    this.#end(task, outcome, {});
  }

  #onEnded(task: RunningTask, message: EndedMessage): void {
    this.#prefetch.ended(Date.parse(message.endedAt) - Date.parse(message.startedAt));
    const isOurs = task.stopping?.outcome !== null;
    this.#end(task, isOurs ? message.outcome : null, message);
  }

  /** The one end of a try. `outcome` null: nothing is reported. */
  #end(
    task: RunningTask,
    outcome: TaskOutcome | null,
    times: { readonly startedAt?: string; readonly endedAt?: string },
  ): void {
    if (!this.#tasks.delete(task.handle)) return;
    countEnd(outcome);
    this.#byKey.delete(keyText(task.key));
    task.timers.forEach((timer) => clearTimeout(timer));
    endLog(task, outcome);
    const { finisher, lane } = this.#get();
    if (outcome === null) {
      lane.dropped(task.key);
    } else {
      const startedAt = times.startedAt ?? task.startedAt;
      const endedAt = times.endedAt ?? new Date().toISOString();
      finisher.add(task.key, { outcome, startedAt, endedAt });
    }
    if (this.#tasks.size === 0) this.#whenIdle.splice(0).forEach((resolve) => resolve());
  }
}

/** A sensor that looks again resumes its try: what it logs goes behind what it logged before. */
function firstSequence({ elapsedMs }: Grant): number {
  if (elapsedMs === null) return 0;
  return Math.min(Math.ceil(elapsedMs / RESUMED_UNIT_MS), MOST_FIRST_SEQUENCE);
}

/** A look that fills more than one chunk in this time would run into the numbers of the next one. */
const RESUMED_UNIT_MS = 10;
const MOST_FIRST_SEQUENCE = 2_000_000_000;

function timedOut(timeoutMs: number): Stopping {
  const { name, message, code } = taskTimedOut(timeoutMs);
  return {
    reason: message,
    timeoutMs,
    outcome: { kind: 'failed', retriable: true, error: { name, message, code } },
  };
}

/** A short try that says nothing and ends well leaves no log: two lines of ours would cost more than it did. */
function endLog({ log, grant }: RunningTask, outcome: TaskOutcome | null): void {
  const isWholeTry = grant.elapsedMs === null;
  if (outcome?.kind === 'success' && isWholeTry && log.isSilent()) {
    log.discard();
    return;
  }
  log.append(endLine(outcome));
  log.end();
}

function endLine(outcome: TaskOutcome | null): ReturnType<typeof systemLine> {
  if (outcome === null) return systemLine('the try ended; it is not reported', 'warn');
  switch (outcome.kind) {
    case 'failed': {
      const { name, message, code, stack } = outcome.error;
      const line = systemLine(`the try failed: ${message}`, 'error');
      return {
        ...line,
        fields: {
          name,
          ...(code === undefined ? {} : { code }),
          ...(stack === undefined ? {} : { stack }),
        },
      };
    }
    case 'lost':
      return systemLine(`the try was lost and uses no retry: ${outcome.reason}`, 'warn');
    case 'skipped':
      return systemLine(`the task was skipped: ${outcome.reason}`);
    case 'rescheduled':
      return systemLine(`not satisfied yet, looks again in ${outcome.afterMs} ms`);
    case 'success':
    case 'branched':
    case 'short_circuited':
      return systemLine('the try ended well');
  }
}
