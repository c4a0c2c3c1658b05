import { identifier, privateTable, tableName, type TableName } from './sql-text.ts';

/** Where a stream is loaded to, as the author describes it. */
export interface LoadTarget {
  readonly current: TableName;
  readonly history: TableName | undefined;
  /** Column of the tables to the source's key column it holds. */
  readonly key: Readonly<Record<string, string>>;
  /** Column lists by which statistics are kept. */
  readonly groups: readonly (readonly string[])[];
  /** Columns the database fills. */
  readonly defaults: readonly string[];
}

export interface LoadTargetOptions {
  readonly current: string;
  readonly history?: string | undefined;
  readonly key: Readonly<Record<string, string>>;
  readonly groups?: readonly (string | readonly string[])[] | undefined;
  readonly defaults?: readonly string[] | undefined;
}

/** Throws `TARGET_NAME_INVALID`. */
export function loadTarget(options: LoadTargetOptions): LoadTarget {
  return {
    current: tableName(options.current),
    history: options.history === undefined ? undefined : tableName(options.history),
    key: options.key,
    groups: (options.groups ?? []).map((group) => (typeof group === 'string' ? [group] : group)),
    defaults: options.defaults ?? [],
  };
}

/** The table of groups whose statistics are out of date. Append-only: loads never wait for each other here. */
export function dirtyTable(current: TableName, group: readonly string[]): string {
  return privateTable('dirty', `${current.word}__${group.join('_')}`);
}

/** The table of keys that are gone, with the version that removed them. */
export function deletedTable(current: TableName): string {
  return privateTable('deleted', current.word);
}

/** The table of events that map to nothing, with the load that said so. */
export function unmappedTable(current: TableName): string {
  return privateTable('unmapped', current.word);
}

/** Name of the index that finds a history row by its event. */
export function eventIndex(history: TableName): string {
  return identifier(`${history.word.slice(0, 50)}_event`);
}

/** Name of the index that finds the oldest memories of a private table. */
export function generationIndex(prefix: string, current: TableName): string {
  return identifier(`${prefix}_${current.word.slice(0, 48)}_gen`);
}
