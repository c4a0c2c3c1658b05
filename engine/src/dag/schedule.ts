import { parseCron } from '../schedule/cron.ts';
import { dagError } from './errors.ts';
import { describe, parseDuration, type Duration } from './duration.ts';
import { parseInstant } from './instant.ts';
import type { SerializedSchedule } from './serialized-dag.ts';

/** When runs of a DAG begin. Made by `cron`, `every`, `onRecords`, `once`, `dates` and `assets`. */
export interface Schedule {
  readonly [scheduleBrand]: SerializedSchedule | NotBuiltSchedule;
}

export interface NotBuiltSchedule {
  readonly kind: 'not_built';
  readonly feature: string;
}

/** Known across copies of this module, as every brand of ours. */
export const scheduleBrand: unique symbol = Symbol.for('tidegate.schedule') as never;

/** The shortest `every`; what must be quicker is `onRecords`. */
const SHORTEST_EVERY_MS = 100;
const MOST_DATES = 10_000;

const schedule = (serialized: SerializedSchedule | NotBuiltSchedule): Schedule =>
  Object.freeze({ [scheduleBrand]: Object.freeze(serialized) });

/**
 * At the times of a cron expression. (Default zone: UTC) Throws `CRON_INVALID`, `CRON_NEVER_FIRES` or
 * `TIMEZONE_UNKNOWN`.
 */
export function cron(expression: string, options: { readonly timezone?: string } = {}): Schedule {
  const timezone = options.timezone ?? 'UTC';
  if (typeof expression !== 'string' || expression.trim() === '') {
    throw dagError('BAD_OPTION', `cron(${describe(expression)}): give an expression: '0 2 * * *'`);
  }
  const normal = expression.trim().replace(/\s+/g, ' ');
  // Only to refuse what can never fire here, at its line, not in the scheduler.
  parseCron(normal, timezone);
  return schedule({ kind: 'cron', expression: normal, timezone });
}

/** Again and again: a run covers one interval of this length. */
export function every(interval: Duration): Schedule {
  const everyMs = parseDuration(interval, 'every(…)');
  if (everyMs < SHORTEST_EVERY_MS) {
    throw dagError(
      'BAD_OPTION',
      `every('${interval}') is too short: at least '100ms', or use onRecords() to run as records arrive`,
    );
  }
  return schedule({ kind: 'every', everyMs });
}

export interface OnRecordsOptions {
  /** Longest wait of a record while another run is active. (Default: '500ms') */
  readonly within?: Duration;
  /** So many waiting records end the wait early. (Default: 10,000) */
  readonly upTo?: number;
}

/** As records arrive in the DAG's `source`: at once when idle, else when the active run ends. */
export function onRecords(options: OnRecordsOptions = {}): Schedule {
  const upTo = options.upTo ?? 10_000;
  if (!Number.isSafeInteger(upTo) || upTo < 1) {
    throw dagError(
      'BAD_OPTION',
      `onRecords: upTo is ${describe(upTo)}; give a whole number from 1`,
    );
  }
  const withinMs = parseDuration(options.within ?? '500ms', 'onRecords: within');
  return schedule({ kind: 'on_records', withinMs, upTo });
}

/** One run, as soon as the DAG is registered and active. */
export function once(): Schedule {
  return schedule({ kind: 'once' });
}

/** At these instants: ISO text with a zone (`2026-01-01T00:00:00Z`), or a date for its midnight in UTC. */
export function dates(instants: readonly string[]): Schedule {
  if (!Array.isArray(instants) || instants.length === 0 || instants.length > MOST_DATES) {
    throw dagError('BAD_OPTION', `dates(…): give an array of 1 to ${MOST_DATES} instants`);
  }
  const sorted = instants.map((text) => parseInstant(text, 'dates(…)')).sort();
  return schedule({ kind: 'dates', dates: [...new Set(sorted)] });
}

/** Data something else produces, named by a URI. */
export interface Asset {
  readonly kind: 'asset';
  readonly uri: string;
}

/** Names an asset, for `assets(…)` and a task's `produces`. */
export function asset(uri: string): Asset {
  return Object.freeze({ kind: 'asset', uri });
}

/** Whenever all of these assets were renewed. */
export function assets(...all: readonly [Asset | string, ...(Asset | string)[]]): Schedule {
  const names = all.map((one) => (typeof one === 'string' ? one : one.uri));
  return schedule({ kind: 'not_built', feature: `schedule assets(${names.join(', ')})` });
}
