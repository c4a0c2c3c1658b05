import type { LogMessage } from '../../../contract/task-instances.ts';

export interface NumberedLine {
  /** Of the whole log, from 1. */
  readonly number: number;
  readonly message: LogMessage;
}

export type Level = 'info' | 'warn' | 'error';

const RANKS: Readonly<Record<LogMessage['level'], number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
};

/** The lines at a level or above, with their numbers in the whole log. */
export function filterLines(
  lines: readonly LogMessage[],
  level: Level | undefined,
): readonly NumberedLine[] {
  const least = level === undefined ? 0 : RANKS[level];
  return lines.flatMap((message, index) =>
    RANKS[message.level] >= least ? [{ number: index + 1, message }] : [],
  );
}

/** Places in `lines` of those with a text, any case, in words or fields. */
export function findLines(lines: readonly NumberedLine[], text: string): readonly number[] {
  const wanted = text.toLowerCase();
  if (wanted === '') return [];
  return lines.flatMap(({ message }, index) => {
    const fields = message.fields === undefined ? '' : fieldsOf(message.fields);
    return `${message.event} ${fields}`.toLowerCase().includes(wanted) ? [index] : [];
  });
}

/** How many lines each level has. */
export function countLevels(lines: readonly LogMessage[]): Readonly<Record<Level, number>> {
  const counts = { info: 0, warn: 0, error: 0 };
  for (const { level } of lines) if (level !== 'debug') counts[level] += 1;
  return counts;
}

/** `partition=2 records=4380`. */
export function fieldsOf(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
