import type { SerializedDag, SerializedTask } from '../../src/dag/serialized-dag.ts';

export type SampleTask = Partial<SerializedTask> & { readonly upstream?: readonly string[] };

/** A serialized DAG from what a test cares about; tasks in topological order. */
export function sampleDag(
  id: string,
  tasks: Readonly<Record<string, SampleTask>>,
  options: Partial<SerializedDag> = {},
): SerializedDag {
  return {
    formatVersion: 1,
    id,
    schedule: { kind: 'none' },
    source: null,
    startDate: null,
    endDate: null,
    catchup: false,
    maxActiveRuns: 16,
    maxActiveTasks: 16,
    runTimeoutMs: null,
    tags: [],
    owner: null,
    description: null,
    docs: null,
    paramsSchema: null,
    ...options,
    tasks: Object.entries(tasks).map(([taskId, task]) => sampleTask(taskId, task)),
  };
}

function sampleTask(id: string, task: SampleTask): SerializedTask {
  return {
    id,
    kind: 'task',
    group: [],
    upstream: [],
    input: {},
    triggerRule: 'all_success',
    retries: 0,
    retryDelayMs: 0,
    retryBackoff: 'constant',
    maxRetryDelayMs: null,
    timeoutMs: null,
    pool: 'default_pool',
    poolSlots: 1,
    queue: 'default',
    priority: 1,
    isolation: 'shared',
    connections: [],
    to: [],
    sensor: null,
    ...task,
  };
}

/** Tasks one behind the other. */
export function chainOf(...ids: readonly string[]): Record<string, SampleTask> {
  return Object.fromEntries(
    ids.map((id, place) => [id, { upstream: place === 0 ? [] : [ids[place - 1] ?? ''] }]),
  );
}
