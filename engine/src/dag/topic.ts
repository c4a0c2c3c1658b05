import { describe } from './duration.ts';
import { dagError } from './errors.ts';
import { parseInstant } from './instant.ts';
import type { SerializedSource } from './serialized-dag.ts';

export const sourceBrand: unique symbol = Symbol.for('tidegate.source') as never;

/** The topic whose ranges the live runs of a DAG own. Made by `topic`. */
export interface Source {
  readonly [sourceBrand]: SerializedSource;
}

export interface TopicOptions {
  /** Most records of one run; the rest becomes further runs at once. (Default: 100,000) */
  readonly maxRecords?: number;
  /** Where the first run starts: `earliest`, `latest` or an instant. (Default: earliest) */
  readonly startAt?: string;
  /** Create runs for intervals without records. (Default: false) */
  readonly emptyRuns?: boolean;
  /** After a failed range: make no new live range, or leave a visible hole. (Default: block) */
  readonly onFailedRange?: 'block' | 'continue';
  /** False: the stream keeps no history, so that a compacted topic is acceptable. (Default: true) */
  readonly history?: boolean;
}

/** Kafka's own rule for topic names. */
const TOPIC = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

/** Gives every live run of the DAG its own range of this topic. */
export function topic(name: string, options: TopicOptions = {}): Source {
  if (typeof name !== 'string' || !TOPIC.test(name)) {
    throw dagError(
      'BAD_OPTION',
      `topic(${describe(name)}): a topic's name has letters, digits, '.', '_', '-', at most 249 of them`,
    );
  }
  const maxRecords = options.maxRecords ?? 100_000;
  if (!Number.isSafeInteger(maxRecords) || maxRecords < 1) {
    throw dagError(
      'BAD_OPTION',
      `topic('${name}'): maxRecords is ${describe(maxRecords)}; give a whole number from 1`,
    );
  }
  return Object.freeze({
    [sourceBrand]: Object.freeze({
      topic: name,
      maxRecords,
      startAt: startAt(options.startAt ?? 'earliest', name),
      emptyRuns: options.emptyRuns ?? false,
      onFailedRange: options.onFailedRange ?? 'block',
      history: options.history ?? true,
    }),
  });
}

function startAt(text: string, name: string): string {
  return text === 'earliest' || text === 'latest'
    ? text
    : parseInstant(text, `topic('${name}'): startAt (earliest, latest or an instant)`);
}
