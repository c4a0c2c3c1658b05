import {
  TRIGGER_RULES,
  type SerializedDag,
  type SerializedTask,
  type TaskKind,
  type TriggerRule,
} from '../../dag/serialized-dag.ts';
import type { Random } from './random.ts';

// The default is by far the commonest.
const RULES: readonly [TriggerRule, ...TriggerRule[]] = [
  'all_success',
  'all_success',
  ...TRIGGER_RULES,
];
const KINDS: readonly [TaskKind, ...TaskKind[]] = [
  'task',
  'task',
  'task',
  'task',
  'branch',
  'short_circuit',
  'sensor',
];

/** A DAG of up to `most` tasks with every rule, kind, pool and retry policy. */
export function randomDag(random: Random, id: string, most: number): SerializedDag {
  const count = random.between(1, most);
  const upstreams = Array.from({ length: count }, (_, ix) =>
    random.some(
      Array.from({ length: ix }, (__, up) => `t${up}`),
      Math.min(1, 2 / (ix + 1)),
    ),
  );
  return {
    formatVersion: 1,
    id,
    schedule: { kind: 'none' },
    source: null,
    startDate: null,
    endDate: null,
    catchup: false,
    maxActiveRuns: random.between(1, 3),
    maxActiveTasks: random.between(1, 5),
    runTimeoutMs: random.pick([null, null, 90_000]),
    tags: [],
    owner: null,
    description: null,
    docs: null,
    paramsSchema: null,
    tasks: upstreams.map((upstream, ix) => {
      const downstream = upstreams.flatMap((up, at) => (up.includes(`t${ix}`) ? [`t${at}`] : []));
      return randomTask(random, { id: `t${ix}`, upstream, downstream });
    }),
  };
}

function randomTask(
  random: Random,
  place: {
    readonly id: string;
    readonly upstream: readonly string[];
    readonly downstream: readonly string[];
  },
): SerializedTask {
  const kind = random.pick(KINDS);
  return {
    id: place.id,
    kind,
    group: [],
    upstream: place.upstream,
    input: {},
    triggerRule: random.pick(RULES),
    retries: random.between(0, 2),
    retryDelayMs: random.pick([0, 100, 5_000]),
    retryBackoff: random.pick(['constant', 'exponential']),
    maxRetryDelayMs: random.pick([null, 2_000]),
    timeoutMs: null,
    pool: random.pick(['default_pool', 'small']),
    poolSlots: random.between(1, 2),
    queue: random.pick(['default', 'default', 'heavy']),
    priority: random.between(1, 3),
    isolation: 'shared',
    connections: [],
    to: kind === 'branch' ? place.downstream : [],
    sensor: kind === 'sensor' ? { everyMs: 500, timeoutMs: null, softFail: false } : null,
  };
}
