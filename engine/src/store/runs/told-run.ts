import type { RunInfoRow } from '../flush/run-info.ts';

/** A run as its maker tells it to the schedulers: what they would read of it, but for the key. */
export type RunToTell = Omit<RunInfoRow, 'run_key'>;

/** The same behind JSON. */
export type ToldRun = { readonly [Field in keyof RunToTell]: Told<RunToTell[Field]> };

type Told<Value> = Value extends Date ? string : Value;

/** PostgreSQL takes payloads below 8,000 bytes. */
const MOST_BYTES = 7_500;

/**
 * The payload of the notification `made` from behind the run's key, which the database draws as it inserts the
 * run. A run that does not fit, because of its conf or ranges, is told by its key alone and read.
 */
export function tellRun(run: RunToTell): string {
  const told = `,"run":${JSON.stringify(run)}}`;
  return Buffer.byteLength(told) > MOST_BYTES ? '}' : told;
}

/** The row of a run that was told. */
export function toToldRow(runKey: number, told: ToldRun): RunInfoRow {
  return {
    ...told,
    run_key: runKey,
    logical_date: toDate(told.logical_date),
    data_interval_start: toDate(told.data_interval_start),
    data_interval_end: toDate(told.data_interval_end),
    run_after: new Date(told.run_after),
  };
}

function toDate(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
