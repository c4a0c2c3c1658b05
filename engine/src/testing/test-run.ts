import { dagBrand, type Dag } from '../dag/dag.ts';
import { dagError } from '../dag/errors.ts';
import { serializeDag } from '../dag/serialize-dag.ts';
import type { SerializedDag, SerializedTask } from '../dag/serialized-dag.ts';
import type { RunContext, TaskSource } from '../dag/task-context.ts';
import type { TaskDefinition } from '../dag/task-definition.ts';
import type { TaskError, TaskOutcome } from '../dag/task-outcome.ts';
import { BugError, TidegateError } from '../platform/errors.ts';
import type { Json } from '../platform/json.ts';
import { skippedByBranch, skippedByShortCircuit } from '../state/branch.ts';
import { outcomeEvent } from '../state/outcome-event.ts';
import { retryDelayMs } from '../state/retry-delay.ts';
import { runOutcome } from '../state/run-outcome.ts';
import { settle } from '../state/settle.ts';
import { toTaskGraph, type TaskGraph } from '../state/task-graph.ts';
import { nextTaskState, type TaskEvent, type TaskState } from '../state/task-state.ts';
import { runTry } from './run-try.ts';
import type { TestLogLine, TestServices } from './test-context.ts';
import { startOf, toTestRun, type TestOptions } from './test-options.ts';
import { createTestSource } from './test-records.ts';

export interface TestedTask {
  readonly state: TaskState;
  readonly tries: number;
  /** Null: none was made. */
  readonly output: Json;
  /** Of all tries, in order. */
  readonly logs: readonly TestLogLine[];
  /** Of the last try that failed. */
  readonly error: TaskError | null;
}

export interface TestedRun {
  readonly state: 'success' | 'failed';
  readonly tasks: Readonly<Record<string, TestedTask>>;
}

/** A sensor nobody satisfies would look for ever. */
const MOST_LOOKS = 1_000;

interface Progress {
  tries: number;
  looks: number;
  output: Json;
  error: TaskError | null;
  readonly logs: TestLogLine[];
  /** Milliseconds: not to be run before. */
  dueMs: number;
  firstLookMs: number | null;
}

/** One run in memory: the engine's own rules, its own way of calling tasks, a clock that jumps over waits. */
export class TestRun {
  readonly #dag: SerializedDag;
  readonly #definitions: ReadonlyMap<string, TaskDefinition>;
  readonly #graph: TaskGraph;
  readonly #states: TaskState[];
  readonly #progress: readonly Progress[];
  readonly #run: RunContext;
  readonly #source: TaskSource;
  readonly #services: TestServices;
  readonly #params: unknown;
  #nowMs: number;

  constructor(dag: Dag, options: TestOptions) {
    this.#dag = serializeDag(dag);
    this.#definitions = dag[dagBrand].tasks;
    this.#graph = toTaskGraph(this.#dag.tasks);
    this.#nowMs = startOf(options.clock);
    this.#states = this.#dag.tasks.map(() => 'none');
    this.#progress = this.#dag.tasks.map(() => ({
      ...{ tries: 0, looks: 0, output: null, error: null, logs: [] },
      ...{ dueMs: this.#nowMs, firstLookMs: null },
    }));
    this.#run = toTestRun(this.#dag.id, this.#nowMs, options.run);
    const topic = this.#dag.source?.topic ?? null;
    this.#source = createTestSource(topic, options.records ?? [], this.#nowMs);
    const { connections = {}, variables = {}, params = {} } = options;
    this.#services = { connections, variables };
    this.#params = params;
  }

  async finish(): Promise<TestedRun> {
    for (let ix = this.#next(); ix !== undefined; ix = this.#next()) await this.#runOnce(ix);
    const { state } = runOutcome(this.#graph, this.#states);
    if (state === 'running') throw new BugError('a tested run stopped before its end');
    return { state, tasks: this.#results() };
  }

  /** The task whose turn it is; moves the clock to it. One at a time, first by time, then by place. */
  #next(): number | undefined {
    const { states, runnable } = settle(this.#graph, this.#states);
    states.forEach((state, ix) => (this.#states[ix] = state));
    const [first] = [...runnable].sort((a, b) => this.#of(a).dueMs - this.#of(b).dueMs || a - b);
    if (first !== undefined) this.#nowMs = Math.max(this.#nowMs, this.#of(first).dueMs);
    return first;
  }

  async #runOnce(ix: number): Promise<void> {
    const task = this.#task(ix);
    const progress = this.#of(ix);
    const wasRescheduled = this.#states[ix] === 'up_for_reschedule';
    (['schedule', 'queue', 'start'] as const).forEach((event) => {
      this.#move(ix, event);
    });
    if (!wasRescheduled) progress.tries += 1;
    progress.firstLookMs ??= this.#nowMs;
    const outcome = await this.#try(task, progress);
    this.#apply(ix, outcome);
  }

  #try(task: SerializedTask, progress: Progress): Promise<TaskOutcome> {
    const definition = this.#definitions.get(task.id);
    if (definition === undefined) throw dagError('TASK_MISSING', `no task '${task.id}'`);
    return runTry(
      definition,
      {
        taskId: task.id,
        tryNumber: progress.tries,
        input: this.#inputOf(task),
        params: this.#params,
        run: this.#run,
        source: this.#source,
        allowedConnections: task.connections,
        services: this.#services,
        logs: progress.logs,
      },
      {
        timeoutMs: task.timeoutMs,
        elapsedMs: this.#nowMs - (progress.firstLookMs ?? this.#nowMs),
      },
    );
  }

  #inputOf(task: SerializedTask): Readonly<Record<string, Json>> {
    const found = Object.entries(task.input).flatMap(([name, id]) => {
      const ix = this.#dag.tasks.findIndex((other) => other.id === id);
      return this.#states[ix] === 'success' ? [[name, this.#of(ix).output] as const] : [];
    });
    return Object.fromEntries(found);
  }

  #apply(ix: number, outcome: TaskOutcome): void {
    const task = this.#task(ix);
    const progress = this.#of(ix);
    const event = outcomeEvent(outcome, { tryNumber: progress.tries, maxTries: task.retries });
    this.#move(ix, event);
    if ('output' in outcome) progress.output = outcome.output;
    if (outcome.kind === 'failed') progress.error = outcome.error;
    if (outcome.kind === 'rescheduled') this.#waitToLook(task, progress, outcome.afterMs);
    else progress.firstLookMs = null;
    if (event === 'retry') {
      progress.dueMs = this.#nowMs + retryDelayMs(task, progress.tries, task.id);
    }
    for (const other of this.#skippedBy(ix, outcome)) {
      if (this.#states[other] === 'none') this.#move(other, 'skip_by_rule');
    }
  }

  #waitToLook(task: SerializedTask, progress: Progress, afterMs: number): void {
    progress.looks += 1;
    progress.dueMs = this.#nowMs + afterMs;
    if (progress.looks < MOST_LOOKS) return;
    throw new TidegateError(
      'TEST_NEVER_ENDS',
      `sensor '${task.id}' was not satisfied in ${MOST_LOOKS} looks and has no timeout; give it one, or let the test satisfy it`,
    );
  }

  #skippedBy(ix: number, outcome: TaskOutcome): readonly number[] {
    if (outcome.kind === 'branched') return skippedByBranch(this.#graph, ix, outcome.chosen);
    return outcome.kind === 'short_circuited' ? skippedByShortCircuit(this.#graph, ix) : [];
  }

  #move(ix: number, event: TaskEvent): void {
    const state = this.#states[ix] ?? 'none';
    const next = nextTaskState(state, event);
    if (next === null) throw new BugError(`a tested task in state ${state} got ${event}`);
    this.#states[ix] = next;
  }

  #results(): Readonly<Record<string, TestedTask>> {
    return Object.fromEntries(
      this.#dag.tasks.map(({ id }, ix) => {
        const { tries, output, logs, error } = this.#of(ix);
        return [id, { state: this.#states[ix] ?? 'none', tries, output, logs, error }];
      }),
    );
  }

  #task(ix: number): SerializedTask {
    const task = this.#dag.tasks[ix];
    if (task === undefined) throw new BugError(`a tested run has no task at ${ix}`);
    return task;
  }

  #of(ix: number): Progress {
    const progress = this.#progress[ix];
    if (progress === undefined) throw new BugError(`a tested run has no task at ${ix}`);
    return progress;
  }
}
