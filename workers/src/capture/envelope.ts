import type { NewRecord } from '@tidegate/engine/topic-log';

import type { RowPosition } from './position.ts';
import type { Row, TableLayout } from './table-layout.ts';

/**
 * Debezium's envelope, written by concatenation.
 *
 * `source.sequence` is the JSON text `{"epoch":N}` (a string inside the envelope, as with Debezium's other
 * connectors): N grows when the binlog's positions stop being comparable with the ones before.
 * `source.pos` is the byte where the row event starts; `row` counts within that event.
 */
export const ENVELOPE_VERSION = 'tidegate-0.1.0';

/** What all events of a capture share. */
export interface EnvelopeSource {
  readonly connector: 'mysql' | 'mariadb';
  readonly prefix: string;
  readonly epoch: number;
}

/** What all rows of one event share. */
export interface EventOrigin {
  readonly layout: TableLayout;
  readonly position: RowPosition;
  /** Change time at the source, microseconds. */
  readonly changedAtUs: number;
  readonly serverId: number;
  readonly gtid: string | null;
  readonly thread: number | null;
  readonly snapshot: SnapshotMarker;
}

export type SnapshotMarker =
  'false' | 'true' | 'first' | 'first_in_data_collection' | 'last_in_data_collection' | 'last';

export type Operation = 'c' | 'u' | 'd' | 'r' | 't' | 'm';

/** Writes the parts before and after `row`, once an event. */
export class EnvelopeWriter {
  readonly #source: EnvelopeSource;
  readonly #origin: EventOrigin;
  readonly #head: string;
  readonly #tail: string;
  readonly #capturedAt: string;

  constructor(source: EnvelopeSource, origin: EventOrigin, capturedAtMs: number) {
    this.#source = source;
    this.#origin = origin;
    this.#head = this.#sourceHead(origin.snapshot);
    this.#tail = `,"thread":${origin.thread ?? 'null'},"query":null},"transaction":null,"op":"`;
    this.#capturedAt = `",${timestamps(capturedAtMs * 1000)}`;
  }

  #sourceHead(snapshot: SnapshotMarker): string {
    const { connector, prefix, epoch } = this.#source;
    const { position, layout, changedAtUs, serverId, gtid } = this.#origin;
    const sequence = JSON.stringify(`{"epoch":${epoch}}`);
    return (
      `,"source":{"version":"${ENVELOPE_VERSION}","connector":"${connector}",` +
      `"name":${JSON.stringify(prefix)},${timestamps(changedAtUs)},"snapshot":"${snapshot}",` +
      `"db":${JSON.stringify(layout.table.database)},"sequence":${sequence},` +
      `"table":${JSON.stringify(layout.table.name)},"server_id":${serverId},` +
      `"gtid":${gtid === null ? 'null' : JSON.stringify(gtid)},` +
      `"file":${JSON.stringify(position.file)},"pos":${position.pos},"row":`
    );
  }

  /** `before` and `after` are JSON texts. `snapshot` replaces the event's marker for this row. */
  write(op: Operation, row: number, content: EnvelopeContent): Buffer {
    const head = content.snapshot === undefined ? this.#head : this.#sourceHead(content.snapshot);
    const more = content.message === undefined ? '' : `,"message":${content.message}`;
    return Buffer.from(
      `{"before":${content.before ?? 'null'},"after":${content.after ?? 'null'}${head}${row}` +
        `${this.#tail}${op}${this.#capturedAt}${more}}`,
    );
  }
}

export interface EnvelopeContent {
  readonly before?: string;
  readonly after?: string;
  readonly snapshot?: SnapshotMarker;
  /** JSON text of Debezium's `message` block, for op `m` only. */
  readonly message?: string;
}

function timestamps(us: number): string {
  return `"ts_ms":${Math.floor(us / 1000)},"ts_us":${us},"ts_ns":${us}000`;
}

/** Appends the records of one of an event's rows, counted from 0, to `records`. */
export type RowWriter = (row: number, records: NewRecord[]) => void;

/** The writer of an event's rows. A row is one record, but for deletes and changed keys. */
export function createRowWriter(
  writer: EnvelopeWriter,
  layout: TableLayout,
  { kind, rows, pairs }: RowChanges,
): RowWriter {
  switch (kind) {
    case 'insert':
      return (row, records) => {
        const after = rows[row] as Row;
        const value = writer.write('c', row, { after: layout.encodeNamed(after) });
        records.push({ key: Buffer.from(layout.encodeNamedKey(after)), value });
      };
    case 'delete':
      return (row, records) => {
        const before = rows[row] as Row;
        const key = Buffer.from(layout.encodeNamedKey(before));
        const value = writer.write('d', row, { before: layout.encodeNamed(before) });
        // The tombstone lets a compacted topic forget the key.
        records.push({ key, value }, { key, value: null });
      };
    case 'update':
      return (row, records) => {
        const { before, after } = pairs[row] as RowPair;
        const key = layout.encodeNamedKey(after);
        const oldKey = layout.encodeNamedKey(before);
        const content = { before: layout.encodeNamed(before), after: layout.encodeNamed(after) };
        if (oldKey !== key) records.push(...moveRecords(writer, row, { oldKey, key, ...content }));
        else records.push({ key: Buffer.from(key), value: writer.write('u', row, content) });
      };
  }
}

/** A changed primary key is a delete of the old and a create of the new key, at one position. */
function moveRecords(
  writer: EnvelopeWriter,
  row: number,
  { oldKey, key, before, after }: Readonly<Record<'oldKey' | 'key' | 'before' | 'after', string>>,
): NewRecord[] {
  const from = Buffer.from(oldKey);
  const to = Buffer.from(key);
  const toNew = [['__debezium.newkey', to]] as const;
  return [
    { key: from, value: writer.write('d', row, { before }), headers: toNew },
    { key: from, value: null, headers: toNew },
    { key: to, value: writer.write('c', row, { after }), headers: [['__debezium.oldkey', from]] },
  ];
}

/** What happened to the rows of one event. */
export interface RowChanges {
  readonly kind: 'insert' | 'update' | 'delete';
  /** Inserted or deleted rows by column name; pairs for updates. */
  readonly rows: readonly Row[];
  readonly pairs: readonly RowPair[];
}

export interface RowPair {
  readonly before: Row;
  readonly after: Row;
}
