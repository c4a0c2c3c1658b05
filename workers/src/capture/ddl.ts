/** A statement of the binlog that concerns a table's shape or all its rows at once. */
export interface TableStatement {
  readonly kind: 'truncate' | 'alter' | 'drop';
  /** `database.table` of every table named. */
  readonly tables: readonly string[];
}

const NAME = '(?:`(?:[^`]|``)+`|[A-Za-z0-9_$\\u0080-\\uffff]+)';
const QUALIFIED = `${NAME}(?:\\s*\\.\\s*${NAME})?`;
const LIST = new RegExp(QUALIFIED, 'g');
const STATEMENTS: readonly (readonly [TableStatement['kind'], RegExp])[] = [
  ['truncate', new RegExp(`^truncate\\s+(?:table\\s+)?(${QUALIFIED})`, 'i')],
  [
    'alter',
    new RegExp(
      `^alter\\s+(?:online\\s+|ignore\\s+)*table\\s+(?:if\\s+exists\\s+)?(${QUALIFIED})`,
      'i',
    ),
  ],
  [
    'alter',
    new RegExp(
      `^create\\s+(?:or\\s+replace\\s+)?table\\s+(?:if\\s+not\\s+exists\\s+)?(${QUALIFIED})`,
      'i',
    ),
  ],
  ['alter', /^rename\s+tables?\s+(.+)$/is],
  ['drop', /^drop\s+tables?\s+(?:if\s+exists\s+)?(.+)$/is],
];

/** Recognises TRUNCATE, ALTER, CREATE, RENAME and DROP TABLE; `undefined` for anything else. */
export function parseTableStatement(sql: string, database: string): TableStatement | undefined {
  const statement = stripComments(sql).trim();
  for (const [kind, pattern] of STATEMENTS) {
    const names = pattern.exec(statement)?.[1];
    if (names === undefined) continue;
    const tables = [...names.matchAll(LIST)]
      .map(([name]) => qualify(name, database))
      .filter((name) => !name.endsWith('.to') && !name.endsWith('.TO'));
    return { kind, tables };
  }
  return undefined;
}

/** Keeps what executable comments hold: MariaDB writes such DDL itself. */
function stripComments(sql: string): string {
  return sql
    .replace(/\/\*M?!\d*(.*?)\*\//gs, '$1')
    .replace(/\/\*.*?\*\//gs, ' ')
    .replace(/^\s*(?:--\s.*|#.*)$/gm, ' ');
}

function qualify(name: string, database: string): string {
  const parts = [...name.matchAll(new RegExp(NAME, 'g'))].map(([part]) =>
    part.startsWith('`') ? part.slice(1, -1).replaceAll('``', '`') : part,
  );
  return parts.length === 2 ? parts.join('.') : `${database}.${parts[0] ?? ''}`;
}
