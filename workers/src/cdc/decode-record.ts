import { isUtf8 } from 'node:buffer';

import type { LogRecord } from '@tidegate/engine/topic-log';

import { SNAPSHOT_COMPLETED } from '../capture/snapshot-marker.ts';
import { IGNORED, type Change, type Decoded, type Operation, type Values } from './change.ts';
import type { ChangeTable } from './change-table.ts';
import { inexact } from './column-decoder.ts';
import { RecordError } from './errors.ts';
import { isExactNumber, parseExactly } from './exact-json.ts';
import {
  keyDecoder,
  rowDecoder,
  schemaSignature,
  type FieldSchema,
  type RowDecoder,
} from './row-decoder.ts';
import { RANK } from './source-position.ts';
import type { StreamVersions } from './stream-state.ts';
import { unavailableColumns } from './unavailable.ts';
import { unwrappedEnvelope, unwrappedTombstone } from './unwrapped.ts';

/**
 * Decodes the records of one stream: our own capture's and Debezium's change events, with the JSON
 * converter's schemas on or off, whole or unwrapped. Throws only what fails the whole stream; a record that
 * cannot be read is answered as `bad`.
 */
export class ChangeDecoder {
  readonly #table: ChangeTable;
  readonly #versions: StreamVersions;
  readonly #decodePlain: RowDecoder;
  readonly #decodePlainKey: RowDecoder;
  readonly #bySchema = new Map<string, RowDecoder>();
  readonly #keysBySchema = new Map<string, RowDecoder>();

  constructor(table: ChangeTable, versions: StreamVersions) {
    this.#table = table;
    this.#versions = versions;
    this.#decodePlain = rowDecoder(table);
    this.#decodePlainKey = keyDecoder(table);
  }

  decode(record: LogRecord): Decoded {
    try {
      const decoded = this.#decodeWith(record, parseQuickly);
      return decoded === inexact ? this.#decodeExactly(record) : decoded;
    } catch (error) {
      if (error instanceof RecordError) return { kind: 'bad', error };
      throw error;
    }
  }

  #decodeExactly(record: LogRecord): Decoded {
    const decoded = this.#decodeWith(record, parseExactly);
    return decoded === inexact ? IGNORED : decoded;
  }

  #decodeWith(record: LogRecord, parse: (text: string) => unknown): Decoded | typeof inexact {
    if (record.value === null) return this.#decodeTombstone(record, parse);
    const { payload, fields } = unwrapSchema(parseObject(record.value, parse));
    // Debezium's unwrapping leaves a tombstone its schema, and the JSON converter writes it as a text.
    if (payload === null) return this.#decodeTombstone(record, parse);
    const envelope = typeof payload['op'] === 'string' ? payload : unwrappedEnvelope(payload);
    if (envelope === undefined) {
      if (isBesideTheData(payload)) return IGNORED;
      throw new RecordError('RECORD_UNKNOWN', 'not a change event: it has no op');
    }
    return this.#decodeEnvelope(record, envelope, { parse, decodeRow: this.#decoderOf(fields) });
  }

  #decodeEnvelope(
    record: LogRecord,
    envelope: Values,
    how: { readonly parse: (text: string) => unknown; readonly decodeRow: RowDecoder },
  ): Decoded | typeof inexact {
    const source = (envelope['source'] ?? {}) as Values;
    const op = operationOf(envelope['op'], source['snapshot']);
    if (op === 'm') return this.#decodeMessage(record, source, envelope['message']);
    if (op === 't') return this.#truncate(record, source);
    const before = envelope['before'] as Values | null | undefined;
    if (op === 'd') {
      const old = before ? how.decodeRow(before) : this.#keyRow(record, how.parse);
      return old === inexact ? inexact : changed(this.#change(record, source, { op, row: old }));
    }
    return this.#decodeWritten(record, { envelope, source, op, decodeRow: how.decodeRow });
  }

  /** Creates, updates and snapshot reads; an update of the key is a delete and a create. */
  #decodeWritten(record: LogRecord, written: Written): Decoded | typeof inexact {
    const { source, op } = written;
    const before = written.envelope['before'] as Values | null | undefined;
    const after = written.envelope['after'] as Values | null | undefined;
    if (!after) throw new RecordError('COLUMN_MISSING', `op ${op} without the row after it`);
    const isMoved =
      op === 'u' && before && this.#table.key.some((k) => differs(before[k], after[k]));
    const row = written.decodeRow(after);
    if (row === inexact) return inexact;
    if (!isMoved) return changed(this.#change(record, source, { op, row }));
    const old = written.decodeRow(before);
    if (old === inexact) return inexact;
    return {
      kind: 'moved',
      removed: this.#change(record, source, { op: 'd', row: old }),
      added: this.#change(record, source, { op: 'c', row, isMoved: true }),
    };
  }

  #change(record: LogRecord, source: Values, what: ChangedRow): Change {
    const { offset, partition } = record;
    const changedAtMs = timeOf(source, record);
    const at = { offset, partition, rank: RANK[what.op], changedAtMs };
    const { v1, v2 } = this.#versions.versionOf(source, at);
    // In what is new there are no values left out: there the text would be a value like any other.
    const mayLack = what.op === 'u' || what.op === 'd' || what.isMoved || isMovedHere(record);
    const unchanged = mayLack ? unavailableColumns(what.row) : undefined;
    return { op: what.op, row: what.row, v1, v2, changedAtMs, unchanged, partition, offset };
  }

  #truncate(record: LogRecord, source: Values): Decoded {
    const { v1, v2 } = this.#change(record, source, { op: 'd', row: {} });
    if (this.#versions.kind === 'position') return { kind: 'truncate', v1, v2 };
    throw new RecordError(
      'TRUNCATE_UNPLACED',
      'a truncate without a source position cannot be ordered among the partitions',
    );
  }

  /** Logical messages are other people's, all but the one that ends a re-snapshot of our own capture. */
  #decodeMessage(record: LogRecord, source: Values, message: unknown): Decoded {
    if ((message as Values | null | undefined)?.['prefix'] !== SNAPSHOT_COMPLETED) return IGNORED;
    const { v1, v2 } = this.#change(record, source, { op: 'r', row: {} });
    if (this.#versions.kind === 'position') return { kind: 'snapshot-completed', v1, v2 };
    throw new RecordError(
      'MARKER_UNPLACED',
      'the end of a re-snapshot, in a stream whose changes are ordered by offset',
    );
  }

  #decodeTombstone(record: LogRecord, parse: (text: string) => unknown): Decoded | typeof inexact {
    if (this.#table.tombstones === 'ignore' || record.key === null) return IGNORED;
    const row = this.#keyRow(record, parse);
    if (row === inexact) return inexact;
    return changed(this.#change(record, unwrappedTombstone(record), { op: 'd', row }));
  }

  #keyRow(record: LogRecord, parse: (text: string) => unknown): Values | typeof inexact {
    if (record.key === null)
      throw new RecordError('COLUMN_MISSING', 'a delete with neither the old row nor a key');
    const { payload, fields } = unwrapSchema(parseObject(record.key, parse));
    return this.#keyDecoderOf(fields)(payload ?? {});
  }

  #keyDecoderOf(fields: readonly FieldSchema[] | undefined): RowDecoder {
    return fields === undefined
      ? this.#decodePlainKey
      : kept(this.#keysBySchema, fields, () => keyDecoder(this.#table, fields));
  }

  #decoderOf(fields: readonly FieldSchema[] | undefined): RowDecoder {
    return fields === undefined
      ? this.#decodePlain
      : kept(this.#bySchema, fields, () => rowDecoder(this.#table, fields));
  }
}

/** The decoder of a schema, compiled when it is first met. */
function kept(
  decoders: Map<string, RowDecoder>,
  fields: readonly FieldSchema[],
  compile: () => RowDecoder,
): RowDecoder {
  const signature = schemaSignature(fields);
  let decoder = decoders.get(signature);
  if (decoder === undefined) {
    decoder = compile();
    decoders.set(signature, decoder);
  }
  return decoder;
}

interface Written {
  readonly envelope: Values;
  readonly source: Values;
  readonly op: Operation;
  readonly decodeRow: RowDecoder;
}

interface ChangedRow {
  readonly op: Operation;
  readonly row: Values;
  /** The row lay under another key before. */
  readonly isMoved?: boolean;
}

/** Debezium's mark on the create that follows a delete when a primary key changes. */
function isMovedHere({ headers }: LogRecord): boolean {
  return headers.some(([name]) => name === '__debezium.oldkey');
}

function parseQuickly(text: string): unknown {
  return JSON.parse(text);
}

function differs(before: unknown, after: unknown): boolean {
  if (isExactNumber(before) && isExactNumber(after)) return before['#number'] !== after['#number'];
  return before !== after;
}

function changed(change: Change): Decoded {
  return { kind: 'change', change };
}

/** A JSON object, or null where the text says so. */
function parseObject(bytes: Buffer, parse: (text: string) => unknown): Values | null {
  if (!isUtf8(bytes)) throw new RecordError('RECORD_NOT_JSON', 'the bytes are not UTF-8');
  let value: unknown;
  try {
    value = parse(bytes.toString('utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RecordError('RECORD_NOT_JSON', reason, error);
  }
  if (typeof value !== 'object' || Array.isArray(value))
    throw new RecordError('RECORD_UNKNOWN', 'not a change event: it is no JSON object');
  return value as Values | null;
}

/** With schemas on, the JSON converter wraps the payload and lists the columns beside it. */
function unwrapSchema(value: Values | null): {
  readonly payload: Values | null;
  readonly fields?: readonly FieldSchema[];
} {
  if (value === null || !('payload' in value && 'schema' in value)) return { payload: value };
  const payload = value['payload'] as Values | null;
  const fields = (value['schema'] as SchemaNode | null)?.fields ?? [];
  const row = fields.find(({ field }) => field === 'after') ?? { fields };
  return { payload, fields: row.fields ?? [] };
}

interface SchemaNode extends FieldSchema {
  readonly fields?: readonly SchemaNode[];
}

function operationOf(op: unknown, snapshot: unknown): Operation | 't' | 'm' {
  // Debezium's ReadToInsertEvent turns snapshot reads into creates; the marker still tells.
  if (op === 'c' && snapshot !== undefined && isSnapshot(snapshot)) return 'r';
  if (op === 'c' || op === 'u' || op === 'd' || op === 'r' || op === 't' || op === 'm') return op;
  throw new RecordError(
    'OPERATION_UNKNOWN',
    `op ${JSON.stringify(op)} is none of c, r, u, d, t, m`,
  );
}

/** The marker is `"false"`, false or null in the stream, and one of several words in a snapshot. */
function isSnapshot(marker: unknown): boolean {
  return marker === true || (typeof marker === 'string' && marker !== 'false' && marker !== '');
}

/** When the source made the change; the time of the record where the producer does not say. */
function timeOf(source: Values, record: LogRecord): number {
  const { ts_us: us, ts_ms: ms } = source;
  if (typeof us === 'number' && Number.isSafeInteger(us)) return us / 1000;
  return typeof ms === 'number' ? ms : record.timestamp;
}

/** Heartbeats, schema changes and transaction markers, should they come in the same topic. */
function isBesideTheData(payload: Values): boolean {
  if ('ddl' in payload || 'tableChanges' in payload) return true;
  if ('status' in payload && 'id' in payload) return true;
  return Object.keys(payload).length === 1 && 'ts_ms' in payload;
}
