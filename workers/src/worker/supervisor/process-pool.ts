import type { Logger } from '@tidegate/engine/platform';

import type { AboutTask, FromProcess, TaskMessage } from '../process/messages.ts';
import { createMember, type Member } from './pool-member.ts';
import { backoffMs } from './retry.ts';
import type { RunningTask, Stopping } from './running-task.ts';
import type { ProcessExit, TaskProcessOptions } from './task-process-handle.ts';

export interface ProcessLimits {
  /** Most processes of one trust group that are started for more throughput. */
  readonly perGroup: number;
  /** Most tasks one process runs at once. */
  readonly tasksPerProcess: number;
  /** A process takes this many tasks in its life. */
  readonly recycleTasks: number;
  /** A process above this takes no further tasks. */
  readonly recycleRssBytes: number;
  /** Processes without work that are kept warm. */
  readonly keptIdle: number;
  readonly startMs: number;
}

export interface ProcessPoolOptions {
  readonly process: TaskProcessOptions;
  readonly limits: ProcessLimits;
  readonly events: PoolEvents;
  readonly log: Logger;
}

export interface PoolEvents {
  /** Tasks are short now: a process may get some before it has free slots for them. */
  mayHandAhead(): boolean;
  onStarted(task: RunningTask, pid: number): void;
  /** It was stopped while it waited for a slot, and has not run. */
  onNeverStarted(task: RunningTask): void;
  onMessage(task: RunningTask, message: TaskMessage): void;
  /** The process of these tasks is gone. */
  onDeath(tasks: readonly RunningTask[], exit: ProcessExit): void;
  /** No process could be started for these tasks. */
  onNotStarted(tasks: readonly RunningTask[], exit: ProcessExit): void;
}

/**
 * Warm task processes. A process belongs to one trust group for its whole life, since what a task leaves in
 * memory the next one can read; a spare one belongs to nobody yet, so that the first task of a DAG need not
 * wait for a process to start.
 */
export interface ProcessPool {
  /** Starts the first process. Rejects with what it printed when it does not come up. */
  start(): Promise<void>;
  submit(tasks: readonly RunningTask[]): void;
  /** Tells the task to stop; false when it has not reached a process yet and never will. */
  abort(task: RunningTask, stopping: Stopping): boolean;
  /** Kills the process that runs the task. */
  kill(task: RunningTask): void;
  stop(): void;
}

/** All tasks of a process outlive this before another process is started beside it. */
const GROW_MS = 25;
const SPARE_DELAY_MS = 500;
/** What a process was handed ahead and has not started by then is asked back: another one may be free. */
const LONGEST_AHEAD_MS = 250;

interface Group {
  readonly name: string;
  readonly isAlone: boolean;
  readonly queue: RunningTask[];
  readonly members: Set<Member>;
  growTimer: NodeJS.Timeout | undefined;
}

export function createProcessPool(options: ProcessPoolOptions): ProcessPool {
  return new Pool(options);
}

class Pool implements ProcessPool {
  readonly #options: ProcessPoolOptions;
  readonly #groups = new Map<string, Group>();
  readonly #memberOf = new Map<number, Member>();
  /** Task names that ran beside a process's death: alone next time, so that the guilty one is found. */
  readonly #suspects = new Set<string>();
  #spare: Member | undefined;
  #spareTimer: NodeJS.Timeout | undefined;
  #failedStarts = 0;
  #isStopped = false;

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#spare = this.#startMember();
    await this.#spare.whenReady;
  }

  submit(tasks: readonly RunningTask[]): void {
    const touched = new Set<Group>();
    for (const task of tasks) {
      const group = this.#groupFor(task);
      group.queue.push(task);
      touched.add(group);
    }
    for (const group of touched) {
      this.#pump(group);
      // Not at the end of the tick: of a single task, this is the way to its process.
      for (const member of group.members) member.process.flush();
    }
  }

  abort(task: RunningTask, { reason, timeoutMs }: Stopping): boolean {
    const member = this.#memberOf.get(task.handle);
    if (member !== undefined) {
      member.process.send({ kind: 'abort', handle: task.handle, reason, timeoutMs });
      return true;
    }
    for (const group of this.#groups.values()) {
      const at = group.queue.indexOf(task);
      if (at >= 0) group.queue.splice(at, 1);
    }
    return false;
  }

  kill(task: RunningTask): void {
    this.#memberOf.get(task.handle)?.process.kill();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#spareTimer);
    this.#spare?.process.kill();
    for (const group of this.#groups.values()) {
      clearTimeout(group.growTimer);
      for (const member of group.members) member.process.kill();
    }
  }

  #groupFor(task: RunningTask): Group {
    const isAlone = task.grant.isolation === 'process' || this.#suspects.has(taskName(task));
    const name = isAlone ? `${taskName(task)}#${task.handle}` : trustGroup(task);
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { name, isAlone, queue: [], members: new Set(), growTimer: undefined };
      this.#groups.set(name, group);
    }
    return group;
  }

  /** Hands waiting tasks to the least loaded processes of the group, and sees to it that there are some. */
  #pump(group: Group): void {
    const { perGroup, tasksPerProcess } = this.#options.limits;
    const open = [...group.members].filter((member) => member.isReady && !member.isRetiring);
    const most = this.#options.events.mayHandAhead() ? 2 * tasksPerProcess : tasksPerProcess;
    while (group.queue.length > 0) {
      const member = leastLoaded(open);
      if (member === undefined || member.running.size >= most) break;
      const task = group.queue.shift();
      if (task !== undefined) this.#assign(member, task);
    }
    const working = [...group.members].filter((member) => !member.isRetiring);
    if (working.length === 0 && group.queue.length > 0) this.#adopt(group);
    else if (working.length < perGroup && this.#isCrowded(group)) this.#growLater(group);
  }

  #assign(member: Member, task: RunningTask): void {
    const { recycleTasks, tasksPerProcess } = this.#options.limits;
    const isAhead = member.running.size >= tasksPerProcess;
    member.take(task);
    this.#memberOf.set(task.handle, member);
    if (isAhead) this.#askBackLater(member, task);
    else this.#options.events.onStarted(task, member.process.pid);
    member.process.send({ kind: 'run', handle: task.handle, grant: task.grant, isAhead });
    if (member.tasksTaken >= recycleTasks) member.isRetiring = true;
  }

  #isCrowded(group: Group): boolean {
    if (group.queue.length > 0) return true;
    return [...group.members].every((member) => member.running.size > 1);
  }

  #growLater(group: Group): void {
    if (group.isAlone || this.#isStopped) return;
    group.growTimer ??= setTimeout(() => {
      group.growTimer = undefined;
      const working = [...group.members].filter((member) => !member.isRetiring);
      const isRoom = working.length < this.#options.limits.perGroup;
      if (isRoom && this.#isCrowded(group)) this.#adopt(group);
    }, GROW_MS).unref();
  }

  /** Gives the group the spare process, or a new one. */
  #adopt(group: Group): void {
    if (this.#isStopped) return;
    const member = this.#spare ?? this.#startMember();
    if (member === this.#spare) {
      this.#spare = undefined;
      this.#spareTimer ??= setTimeout(() => {
        this.#spareTimer = undefined;
        if (!this.#isStopped) this.#spare ??= this.#startMember();
      }, SPARE_DELAY_MS).unref();
    }
    group.members.add(member);
    member.group = group.name;
    if (member.isReady) this.#pump(group);
  }

  #startMember(): Member {
    const member: Member = createMember(this.#options.process, {
      startMs: this.#options.limits.startMs,
      onReady: () => {
        this.#failedStarts = 0;
        const group = this.#groupOf(member);
        if (group !== undefined) this.#settle(member);
      },
      onMessage: (message) => {
        this.#onMessage(member, message);
      },
      onOutput: (source, line) => {
        this.#options.log.debug({ pid: member.process.pid, source, line }, 'task process printed');
      },
      onExit: (exit) => {
        this.#onExit(member, exit);
      },
    });
    return member;
  }

  #groupOf(member: Member): Group | undefined {
    return member.group === undefined ? undefined : this.#groups.get(member.group);
  }

  #onMessage(member: Member, message: FromProcess): void {
    if (message.kind === 'memory') {
      if (message.rssBytes > this.#options.limits.recycleRssBytes) {
        member.isRetiring = true;
        this.#settle(member);
      }
      return;
    }
    if (!('handle' in message) || message.handle === null) return;
    const task = member.running.get(message.handle);
    if (task !== undefined && message.kind !== 'dying') this.#onTask(member, task, message);
  }

  #onTask(member: Member, task: RunningTask, message: AboutTask): void {
    switch (message.kind) {
      case 'started':
        this.#options.events.onStarted(task, member.process.pid);
        return;
      case 'given_back':
        this.#takeBack(member, task);
        return;
      case 'ended':
        this.#release(member, task);
        if (message.outcome.kind === 'success') this.#suspects.delete(taskName(task));
        this.#options.events.onMessage(task, message);
        this.#settle(member);
        return;
      case 'line':
      case 'progress':
      case 'waiting':
        this.#options.events.onMessage(task, message);
        return;
    }
  }

  #release(member: Member, { handle }: RunningTask): void {
    member.running.delete(handle);
    this.#memberOf.delete(handle);
  }

  #askBackLater(member: Member, task: RunningTask): void {
    const { handle } = task;
    setTimeout(() => {
      const isWaiting = member.running.has(handle) && !task.hasStarted;
      if (isWaiting) member.process.send({ kind: 'give_back', handle });
    }, LONGEST_AHEAD_MS).unref();
  }

  #takeBack(member: Member, task: RunningTask): void {
    this.#release(member, task);
    if (task.stopping === undefined) this.submit([task]);
    else this.#options.events.onNeverStarted(task);
    this.#settle(member);
  }

  /** After a task: more work for the process, or its end. */
  #settle(member: Member): void {
    const group = this.#groupOf(member);
    if (group !== undefined && group.queue.length > 0) this.#pump(group);
    if (member.running.size > 0) return;
    member.idleSinceMs = performance.now();
    if (group?.isAlone === true) member.isRetiring = true;
    if (member.isRetiring) member.process.kill();
    else this.#endLongestIdle();
  }

  #endLongestIdle(): void {
    const idle = [...this.#groups.values()]
      .flatMap((group) => [...group.members])
      .filter((member) => member.isReady && !member.isRetiring && member.running.size === 0);
    if (idle.length <= this.#options.limits.keptIdle) return;
    const oldest = idle.reduce((a, b) => (a.idleSinceMs <= b.idleSinceMs ? a : b));
    oldest.isRetiring = true;
    oldest.process.kill();
  }

  #onExit(member: Member, exit: ProcessExit): void {
    if (this.#spare === member) this.#spare = undefined;
    const group = this.#groupOf(member);
    group?.members.delete(member);
    const tasks = [...member.running.values()];
    for (const task of tasks) {
      this.#memberOf.delete(task.handle);
      if (tasks.length > 1) this.#suspect(task);
    }
    if (tasks.length > 0) this.#options.events.onDeath(tasks, exit);
    if (!member.isReady) this.#onFailedStart(group, exit);
    if (group === undefined) return;
    if (group.queue.length > 0) this.#pump(group);
    else if (group.members.size === 0) this.#groups.delete(group.name);
  }

  #suspect(task: RunningTask): void {
    if (this.#suspects.size >= 1_000) this.#suspects.clear();
    this.#suspects.add(taskName(task));
  }

  /** A process that cannot start: its tasks go back, and the next start waits a little longer. */
  #onFailedStart(group: Group | undefined, exit: ProcessExit): void {
    if (this.#isStopped) return;
    this.#options.log.error({ ...exit }, 'task process did not start');
    const tasks = group?.queue.splice(0) ?? [];
    const waitMs = backoffMs(this.#failedStarts) * 4;
    this.#failedStarts += 1;
    setTimeout(() => {
      if (tasks.length > 0) this.#options.events.onNotStarted(tasks, exit);
    }, waitMs).unref();
  }
}

/** Tasks of one group may read each other's memory. */
function trustGroup(task: RunningTask): string {
  return task.grant.dagId;
}

function taskName({ grant }: RunningTask): string {
  return `${grant.dagId}/${grant.taskId}`;
}

function leastLoaded(members: readonly Member[]): Member | undefined {
  let best: Member | undefined;
  for (const member of members) {
    if (member.isRetiring) continue;
    if (best === undefined || member.running.size < best.running.size) best = member;
  }
  return best;
}
