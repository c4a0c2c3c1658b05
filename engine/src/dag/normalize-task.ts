import { parseDuration } from './duration.ts';
import { checkId } from './ids.ts';
import {
  badOption,
  checkKeys,
  flag,
  oneOf,
  texts,
  wholeNumber,
  type Given,
} from './option-check.ts';
import { TRIGGER_RULES, type SerializedTask, type TaskKind } from './serialized-dag.ts';
import type { SharedTaskOptions } from './task-options.ts';

/** What of a serialized task follows from its options alone; edges come from the graph. */
export type TaskSettings = Omit<
  SerializedTask,
  'id' | 'kind' | 'group' | 'upstream' | 'input' | 'to'
>;

type Options = Readonly<Record<string, unknown>>;

const SHARED_KEYS: readonly (keyof SharedTaskOptions)[] = [
  'retries',
  'retryDelay',
  'retryBackoff',
  'maxRetryDelay',
  'timeout',
  'pool',
  'poolSlots',
  'queue',
  'priority',
  'isolation',
  'connections',
  'dependsOnPast',
  'waitForDownstream',
  'maxActive',
  'maxActivePerRun',
  'limits',
  'retryPolicy',
  'onStart',
  'onSuccess',
  'onFailure',
  'onRetry',
  'onSkipped',
];
const EDGE_KEYS = ['input', 'after', 'before', 'triggerRule', 'latestOnly', 'produces', 'approval'];
const KEYS: Readonly<Record<TaskKind, readonly string[]>> = {
  task: [...SHARED_KEYS, ...EDGE_KEYS, 'expand', 'setup', 'teardown'],
  branch: [...SHARED_KEYS, ...EDGE_KEYS, 'to'],
  short_circuit: [...SHARED_KEYS, ...EDGE_KEYS],
  sensor: [...SHARED_KEYS, ...EDGE_KEYS, 'every', 'softFail', 'deferrable'],
};

const MOST_RETRIES = 10_000;
const MOST_SLOTS = 100_000;
const INT32 = 2_147_483_647;

/** Refuses options of `defaults` that nobody reads; their values are checked at the tasks that take them. */
export function checkDefaults(defaults: SharedTaskOptions, owner: string): void {
  checkKeys(defaults, SHARED_KEYS, owner);
}

/** Checks a task's options over the DAG's defaults and turns them into numbers and names. */
export function normalizeTask(
  kind: TaskKind,
  owner: string,
  options: { readonly own: Options; readonly defaults: Options },
): TaskSettings {
  checkKeys(options.own, KEYS[kind], owner);
  const given = (name: string): Given => ({
    owner,
    name,
    value: options.own[name] ?? options.defaults[name],
  });
  // A sensor's own timeout is for the whole wait; one look of it is bounded by the DAG's default.
  const tryTimeout = kind === 'sensor' ? options.defaults['timeout'] : given('timeout').value;
  return {
    triggerRule: oneOf(
      { ...given('triggerRule'), value: options.own['triggerRule'] },
      TRIGGER_RULES,
    ),
    ...retrySettings(given),
    timeoutMs: durationOrNull({ owner, name: 'timeout', value: tryTimeout }),
    ...placement(given),
    sensor: kind === 'sensor' ? sensorSettings(owner, options.own) : null,
  };
}

type Lookup = (name: string) => Given;

function retrySettings(
  given: Lookup,
): Pick<TaskSettings, 'retries' | 'retryDelayMs' | 'retryBackoff' | 'maxRetryDelayMs'> {
  return {
    retries: wholeNumber(given('retries'), { min: 0, max: MOST_RETRIES, or: 0 }),
    retryDelayMs: durationOrNull(given('retryDelay')) ?? 30_000,
    retryBackoff: oneOf(given('retryBackoff'), ['constant', 'exponential']),
    maxRetryDelayMs: durationOrNull(given('maxRetryDelay')),
  };
}

function placement(
  given: Lookup,
): Pick<TaskSettings, 'pool' | 'poolSlots' | 'queue' | 'priority' | 'isolation' | 'connections'> {
  return {
    pool: name(given('pool'), 'default_pool'),
    poolSlots: wholeNumber(given('poolSlots'), { min: 1, max: MOST_SLOTS, or: 1 }),
    queue: name(given('queue'), 'default'),
    priority: wholeNumber(given('priority'), { min: -INT32, max: INT32, or: 1 }),
    isolation: oneOf(given('isolation'), ['shared', 'process']),
    connections: connectionIds(given('connections')),
  };
}

function sensorSettings(owner: string, own: Options): SerializedTask['sensor'] {
  const given = (option: string): Given => ({ owner, name: option, value: own[option] });
  return {
    everyMs: durationOrNull(given('every')) ?? 30_000,
    timeoutMs: durationOrNull(given('timeout')),
    softFail: flag(given('softFail')),
  };
}

function durationOrNull(given: Given): number | null {
  return given.value === undefined
    ? null
    : parseDuration(given.value, `${given.owner}: ${given.name}`);
}

function name(given: Given, or: string): string {
  if (given.value === undefined) return or;
  if (typeof given.value !== 'string') throw badOption(given, 'a name');
  checkId(given.value, `${given.owner}: ${given.name}`);
  return given.value;
}

function connectionIds(given: Given): readonly string[] {
  const ids = texts(given);
  ids.forEach((id) => {
    checkId(id, `${given.owner}: connection`);
  });
  return ids;
}
