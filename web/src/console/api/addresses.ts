/** A path below a DAG or run; ids may hold any character. */
export function path(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join('/');
}

export interface TaskAddress {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
}

/** Where a task instance is. */
export function taskPath({ dagId, runId, taskId }: TaskAddress): string {
  return `/api/v2/dags/${path(dagId)}/dagRuns/${path(runId)}/taskInstances/${path(taskId)}`;
}

/** `?a=1&b=2` of what is set, `''` of nothing. */
export function query(
  values: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === '') continue;
    if (typeof value === 'object') for (const each of value) search.append(name, each);
    else search.append(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
