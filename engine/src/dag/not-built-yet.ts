/** Options of tasks and defaults that are declared but not run by this version. */
const TASK_FEATURES = [
  'expand',
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
  'latestOnly',
  'produces',
  'approval',
  'setup',
  'teardown',
  'deferrable',
] as const;

const DAG_FEATURES = ['deadline', 'onSuccess', 'onFailure'] as const;

const isUsed = (value: unknown): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

function used(options: object, features: readonly string[], owner: string): string[] {
  return features
    .filter((feature) => isUsed((options as Record<string, unknown>)[feature]))
    .map((feature) => `${feature} (${owner})`);
}

/** The features a task asks for that this version does not run, each with the task's name. */
export function unbuiltTaskFeatures(options: object, owner: string): readonly string[] {
  return used(options, TASK_FEATURES, owner);
}

export function unbuiltDagFeatures(options: object, owner: string): readonly string[] {
  return used(options, DAG_FEATURES, owner);
}
