/** A try as the supervisor handed it over. */
export interface HandedTask {
  readonly handle: number;
  /** It may find no free slot, waits for one, and says so when it starts. */
  readonly isAhead: boolean;
}

export interface TaskSlotsOptions<Task> {
  /** Most tries this process runs at once. */
  readonly slots: number;
  readonly run: (task: Task) => Promise<void>;
  /** Tells the supervisor of tries that start now, and calls `then` when that has left this process. */
  readonly tellStarted: (tasks: readonly Task[], then: () => void) => void;
}

/**
 * The slots of a task process. Tries handed over ahead wait here, first come first served: the next one starts
 * without a round trip to the supervisor, which for short tasks takes longer than they do. Their start is told
 * before any of their code can keep this process busy, since their timeouts count from there.
 */
export class TaskSlots<Task extends HandedTask> {
  readonly #options: TaskSlotsOptions<Task>;
  readonly #waiting: Task[] = [];
  #taken = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor(options: TaskSlotsOptions<Task>) {
    this.#options = options;
  }

  take(task: Task): void {
    if (!task.isAhead) {
      this.#taken += 1;
      this.#run(task);
      return;
    }
    this.#waiting.push(task);
    this.#schedule();
  }

  /** It was told to stop: one that waits for a slot is run without, to end before its code is called. */
  stop(handle: number): void {
    this.#start(this.#remove(handle));
  }

  /** Gives a try back that has not started; false when it has, or is not here any more. */
  giveBack(handle: number): boolean {
    return this.#remove(handle).length > 0;
  }

  /** Nothing that waits starts any more. */
  close(): void {
    this.#isClosed = true;
  }

  #remove(handle: number): Task[] {
    const at = this.#waiting.findIndex((task) => task.handle === handle);
    return at < 0 ? [] : this.#waiting.splice(at, 1);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    // A whole turn of the loop: what ended together is followed together, and what the supervisor said
    // while a task kept this process busy is read before.
    setImmediate(() => setImmediate(() => this.#startWaiting()));
  }

  #startWaiting(): void {
    this.#isScheduled = false;
    const free = Math.max(0, this.#options.slots - this.#taken);
    this.#start(this.#waiting.splice(0, free));
  }

  #start(tasks: readonly Task[]): void {
    if (tasks.length === 0 || this.#isClosed) return;
    this.#taken += tasks.length;
    this.#options.tellStarted(tasks, () => {
      for (const task of tasks) this.#run(task);
    });
  }

  #run(task: Task): void {
    void this.#options.run(task).finally(() => {
      this.#taken -= 1;
      this.#schedule();
    });
  }
}
