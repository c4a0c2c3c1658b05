export const FORMATS = ['table', 'json', 'yaml', 'plain'] as const;
export type Format = (typeof FORMATS)[number];

/** One column of a table: its heading and how a row fills it. */
export interface Column<Row> {
  readonly heading: string;
  readonly value: (row: Row) => string | number | boolean | null;
}

/**
 * Rows as text for standard output. `json` and `yaml` carry the rows whole, as the API gave them; `table` and
 * `plain` (tab-separated, no heading) show the columns.
 */
export async function formatRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  format: Format,
): Promise<string> {
  if (format === 'json') return JSON.stringify(rows, null, 2);
  if (format === 'yaml') return toYaml(rows);
  const cells = rows.map((row) => columns.map(({ value }) => String(value(row) ?? '')));
  if (format === 'plain') return cells.map((line) => line.join('\t')).join('\n');
  return alignColumns([columns.map(({ heading }) => heading), ...cells]);
}

/** One object, whole, or as `name  value` lines. */
export async function formatObject(
  fields: Readonly<Record<string, unknown>>,
  whole: unknown,
  format: Format,
): Promise<string> {
  if (format === 'json') return JSON.stringify(whole, null, 2);
  if (format === 'yaml') return toYaml(whole);
  const lines = Object.entries(fields).map(([name, value]) => [name, toText(value)]);
  return format === 'plain' ? lines.map((line) => line.join('\t')).join('\n') : alignColumns(lines);
}

/** Loaded only where it is asked for: every command would wait for it. */
async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(value).trimEnd();
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function alignColumns(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, place) =>
    Math.max(...lines.map((line) => line[place]?.length ?? 0)),
  );
  const pad = (line: readonly string[]) =>
    line.map((cell, place) => cell.padEnd(widths[place] ?? 0));
  return lines.map((line) => pad(line).join('  ').trimEnd()).join('\n');
}
