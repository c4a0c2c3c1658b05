import type { RunContext } from '../dag/task-context.ts';

/** `scheduled__2024-03-12T10:00:00+00:00`: Airflow's run id, which carries `run_after`, not the logical date. */
export function toRunId(runType: RunContext['runType'], runAfter: number): string {
  return `${runType}__${toAirflowIso(runAfter)}`;
}

/** Python's `isoformat` in UTC: six digits of fraction, or none at all. */
function toAirflowIso(instant: number): string {
  const text = new Date(instant).toISOString();
  const fraction = text.slice(20, 23);
  return `${text.slice(0, 19)}${fraction === '000' ? '' : `.${fraction}000`}+00:00`;
}
