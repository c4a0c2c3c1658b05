import type { ImportFailure } from '@tidegate/engine/execution-contract';

/** What is wrong with a DAG file, before it is shown with the lines around it. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  /** Relative to the DAGs folder; null where no line of the author's is to blame. */
  readonly file: string | null;
  readonly line: number | null;
  /** From 1. */
  readonly column: number | null;
}

const LINES_AROUND = 2;
const WIDEST = 160;
const LONGEST_MESSAGE = 4_000;

/** A fault that has no place. */
export function faultOf(code: string, message: string): Fault {
  return { code, message, file: null, line: null, column: null };
}

/** Printing is no crime, megabytes of it are. */
export function floodFault(mostBytes: number): Fault {
  const mebibytes = Math.round(mostBytes / 1_048_576);
  return faultOf(
    'DAG_OUTPUT_FLOOD',
    `loading the file printed more than ${mebibytes} MiB; print inside of tasks, where it becomes the log`,
  );
}

/** The fault of `dagFile` as the console shows it; `text` is that of the faulty file, if it could be read. */
export function toImportFailure(
  fault: Fault,
  dagFile: string,
  text: string | undefined,
): ImportFailure {
  const { code, file, line, column } = fault;
  const elsewhere = file !== null && file !== dagFile ? `${file}:${line ?? 1}: ` : '';
  return {
    code,
    message: `${elsewhere}${fault.message}`.slice(0, LONGEST_MESSAGE),
    line: elsewhere === '' ? line : null,
    column: elsewhere === '' ? column : null,
    codeFrame: text === undefined || line === null ? null : codeFrame(text, line, column),
  };
}

/** A few numbered lines with a marker under the faulty column. */
export function codeFrame(text: string, line: number, column: number | null): string {
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, line - LINES_AROUND);
  const last = Math.min(lines.length, line + LINES_AROUND);
  const width = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const content = (lines[number - 1] ?? '').slice(0, WIDEST);
    const mark = number === line ? '>' : ' ';
    shown.push(`${mark} ${String(number).padStart(width)} | ${content}`.trimEnd());
    if (number === line && column !== null && column <= WIDEST) {
      const indent = content.slice(0, column - 1).replace(/[^\t]/g, ' ');
      shown.push(`  ${' '.repeat(width)} | ${indent}^`);
    }
  }
  return shown.join('\n');
}
