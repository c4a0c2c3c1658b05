import { literal } from './sql-text.ts';
import type { StagedRow } from './staged-row.ts';

/** Staged rows in COPY's text format: within 4 % of the binary one, and readable. */
export function copyText(rows: readonly StagedRow[], hasKept: boolean): Buffer {
  const pieces: string[] = [];
  let text = '';
  for (const row of rows) {
    text += `${row.v1}\t${row.v2}\t${row.op}\t${row.isLast ? 't' : 'f'}\t${row.at}\t${row.partition}`;
    for (const field of row.fields) text += field === null ? '\t\\N' : `\t${escapeCopy(field)}`;
    if (hasKept) text += row.kept === undefined ? '\t\\N' : `\t${escapeCopy(arrayText(row.kept))}`;
    text += '\n';
    // Flat pieces: one rope over a whole chunk is slow to flatten, and a string has a length limit.
    if (text.length > PIECE_LENGTH) {
      pieces.push(text);
      text = '';
    }
  }
  pieces.push(text);
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
}

const PIECE_LENGTH = 65_536;
const COPY_SPECIAL = /[\\\t\n\r]/;
const COPY_SPECIALS = /[\\\t\n\r]/g;
const COPY_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

function escapeCopy(field: string): string {
  if (!COPY_SPECIAL.test(field)) return field;
  return field.replace(COPY_SPECIALS, (special) => COPY_ESCAPES[special] ?? special);
}

/** Staged rows as the arguments of `tg_stage`: one quoted array literal a column. */
export function arrayLiterals(rows: readonly StagedRow[]): string {
  const own = [
    rows.map(({ v1 }) => String(v1)),
    rows.map(({ v2 }) => String(v2)),
    rows.map(({ op }) => op),
    rows.map(({ isLast }) => (isLast ? 't' : 'f')),
    rows.map(({ at }) => at),
    rows.map(({ partition }) => String(partition)),
  ];
  const width = rows[0]?.fields.length ?? 0;
  const fields = Array.from({ length: width }, (_, index) =>
    rows.map((row) => row.fields[index] ?? null),
  );
  return [...own, ...fields].map((column) => literal(arrayText(column))).join(', ');
}

function arrayText(elements: readonly (string | null)[]): string {
  const texts = elements.map((element) =>
    element === null ? 'null' : `"${element.replace(/["\\]/g, '\\$&')}"`,
  );
  return `{${texts.join(',')}}`;
}
