import type { DagOptions } from './dag-options.ts';
import { parseDuration } from './duration.ts';
import { dagError } from './errors.ts';
import { checkId } from './ids.ts';
import { parseInstant } from './instant.ts';
import { checkDefaults } from './normalize-task.ts';
import { unbuiltDagFeatures, unbuiltTaskFeatures } from './not-built-yet.ts';
import {
  badOption,
  checkKeys,
  flag,
  text,
  texts,
  wholeNumber,
  type Given,
} from './option-check.ts';
import { toParamsSchema, type ParamsSchema } from './params.ts';
import { scheduleBrand, type NotBuiltSchedule } from './schedule.ts';
import type { SerializedDag, SerializedSchedule, SerializedSource } from './serialized-dag.ts';
import { sourceBrand } from './topic.ts';

type Options = DagOptions<ParamsSchema | undefined>;

export interface DagSettings {
  readonly serialized: Omit<SerializedDag, 'tasks'>;
  readonly notBuilt: readonly string[];
}

const KEYS: readonly (keyof Options)[] = [
  'id',
  'schedule',
  'source',
  'startDate',
  'endDate',
  'catchup',
  'maxActiveRuns',
  'maxActiveTasks',
  'runTimeout',
  'tags',
  'owner',
  'description',
  'docs',
  'params',
  'defaults',
  'deadline',
  'onSuccess',
  'onFailure',
];

const MOST_ACTIVE = 100_000;

/** Checks the options of a DAG and gives the order of keys every serialized DAG has. */
export function normalizeDag(options: Options): DagSettings {
  checkId(options.id, 'DAG');
  const owner = `DAG '${options.id}'`;
  checkKeys(options, KEYS, owner);
  checkDefaults(options.defaults ?? {}, `${owner}: defaults`);
  const schedule = toSchedule(options, owner);
  const source = toSource(options, owner);
  if (schedule.kind === 'on_records' && source === null) {
    throw dagError('SOURCE_MISSING', `${owner}: onRecords() needs records; add source: topic('…')`);
  }
  const isBuilt = schedule.kind !== 'not_built';
  return {
    serialized: {
      formatVersion: 1,
      id: options.id,
      schedule: isBuilt ? schedule : { kind: 'none' },
      source,
      ...time(options, owner),
      ...limits(options, owner),
      ...words(options, owner),
      paramsSchema: options.params === undefined ? null : toParamsSchema(options.params),
    },
    notBuilt: [
      ...(isBuilt ? [] : [schedule.feature]),
      ...unbuiltDagFeatures(options, owner),
      ...unbuiltTaskFeatures(options.defaults ?? {}, 'defaults'),
    ],
  };
}

function toSchedule(options: Options, owner: string): SerializedSchedule | NotBuiltSchedule {
  const { schedule = null } = options;
  if (schedule === null) return { kind: 'none' };
  if (typeof schedule === 'object' && scheduleBrand in schedule) return schedule[scheduleBrand];
  throw badOption(
    { owner, name: 'schedule', value: schedule },
    'cron(…), every(…), onRecords(…), once(), dates(…), assets(…) or null',
  );
}

function toSource(options: Options, owner: string): SerializedSource | null {
  const { source } = options;
  if (source === undefined) return null;
  if (typeof source === 'object' && sourceBrand in source) return source[sourceBrand];
  throw badOption({ owner, name: 'source', value: source }, `topic('…')`);
}

function time(
  options: Options,
  owner: string,
): Pick<SerializedDag, 'startDate' | 'endDate' | 'catchup'> {
  const instant = (name: 'startDate' | 'endDate'): string | null =>
    options[name] === undefined ? null : parseInstant(options[name], `${owner}: ${name}`);
  const startDate = instant('startDate');
  const endDate = instant('endDate');
  if (startDate !== null && endDate !== null && endDate < startDate) {
    throw badOption({ owner, name: 'endDate', value: endDate }, 'an instant after startDate');
  }
  return {
    startDate,
    endDate,
    catchup: flag({ owner, name: 'catchup', value: options.catchup }),
  };
}

function limits(
  options: Options,
  owner: string,
): Pick<SerializedDag, 'maxActiveRuns' | 'maxActiveTasks' | 'runTimeoutMs'> {
  const given = (name: 'maxActiveRuns' | 'maxActiveTasks'): Given => ({
    owner,
    name,
    value: options[name],
  });
  const bounds = { min: 1, max: MOST_ACTIVE };
  return {
    // Ranges of a stream follow each other: loading them one after the other is the order users expect.
    maxActiveRuns: wholeNumber(given('maxActiveRuns'), {
      ...bounds,
      or: options.source === undefined ? 16 : 1,
    }),
    maxActiveTasks: wholeNumber(given('maxActiveTasks'), { ...bounds, or: 16 }),
    runTimeoutMs:
      options.runTimeout === undefined
        ? null
        : parseDuration(options.runTimeout, `${owner}: runTimeout`),
  };
}

function words(
  options: Options,
  owner: string,
): Pick<SerializedDag, 'tags' | 'owner' | 'description' | 'docs'> {
  return {
    tags: texts({ owner, name: 'tags', value: options.tags }),
    owner: text({ owner, name: 'owner', value: options.owner }),
    description: text({ owner, name: 'description', value: options.description }),
    docs: text({ owner, name: 'docs', value: options.docs }),
  };
}
