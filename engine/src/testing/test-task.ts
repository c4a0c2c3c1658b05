import { dagBrand, isDag, type Dag } from '../dag/dag.ts';
import type { TaskFunction } from '../dag/dag-builder.ts';
import { dagError } from '../dag/errors.ts';
import type { TaskDefinition } from '../dag/task-definition.ts';
import type { TaskError, TaskOutcome } from '../dag/task-outcome.ts';
import type { Json } from '../platform/json.ts';
import { runTry } from './run-try.ts';
import type { TestLogLine } from './test-context.ts';
import { startOf, toTestRun, type TestOptions } from './test-options.ts';
import { createTestSource } from './test-records.ts';

export interface TestTaskOptions<Input = unknown> extends TestOptions {
  /** Outputs of upstream tasks by input name. */
  readonly input?: Input;
  /** (Default: 1) */
  readonly tryNumber?: number;
}

export interface TestedTry {
  /** How the try ended, as a worker would report it. */
  readonly outcome: TaskOutcome;
  readonly output: Json;
  readonly error: TaskError | null;
  readonly logs: readonly TestLogLine[];
}

/** One try of a task of a DAG: `testTask(dag, 'load', { input: { rows } })`. */
export function testTask(dag: Dag, taskId: string, options?: TestTaskOptions): Promise<TestedTry>;
/** One try of a task function that lies in its own file: `testTask(load, { input: { rows } })`. */
export function testTask<Input, Params, Output>(
  run: TaskFunction<Input, Params, Output>,
  options?: TestTaskOptions<Input> & { readonly params?: Params },
): Promise<TestedTry>;
export function testTask(
  subject: Dag | TaskFunction<never, never, unknown>,
  idOrOptions: string | TestTaskOptions = {},
  ownOptions: TestTaskOptions = {},
): Promise<TestedTry> {
  if (typeof idOrOptions === 'string' && isDag(subject)) {
    const { tasks, serialized } = subject[dagBrand];
    const task = tasks.get(idOrOptions);
    if (task === undefined) {
      const known = [...tasks.keys()].join(', ');
      throw dagError(
        'TASK_MISSING',
        `DAG '${subject.id}' has no task '${idOrOptions}', but ${known}`,
      );
    }
    const allowed = serialized.tasks.find(({ id }) => id === task.id)?.connections ?? null;
    const topic = serialized.source?.topic ?? null;
    return run({ task, dagId: subject.id, allowed, topic }, ownOptions);
  }
  const options = typeof idOrOptions === 'string' ? ownOptions : idOrOptions;
  const task = { ...PLAIN, run: subject as TaskDefinition['run'] };
  return run({ task, dagId: 'test', allowed: null, topic: 'test' }, options);
}

const PLAIN: Omit<TaskDefinition, 'run'> = {
  id: 'test',
  kind: 'task',
  prefix: '',
  to: [],
  sensor: null,
  parseParams: null,
};

interface Subject {
  readonly task: TaskDefinition;
  readonly dagId: string;
  readonly allowed: readonly string[] | null;
  readonly topic: string | null;
}

async function run(subject: Subject, options: TestTaskOptions): Promise<TestedTry> {
  const { input = {}, params = {}, connections = {}, variables = {}, tryNumber = 1 } = options;
  const startMs = startOf(options.clock);
  const logs: TestLogLine[] = [];
  const outcome = await runTry(
    subject.task,
    {
      ...{ taskId: subject.task.id, tryNumber, input, params, logs },
      run: toTestRun(subject.dagId, startMs, options.run),
      source: createTestSource(subject.topic, options.records ?? [], startMs),
      allowedConnections: subject.allowed,
      services: { connections, variables },
    },
    { timeoutMs: null, elapsedMs: 0 },
  );
  return {
    ...{ outcome, logs },
    output: 'output' in outcome ? outcome.output : null,
    error: outcome.kind === 'failed' ? outcome.error : null,
  };
}
