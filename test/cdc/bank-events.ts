import type { LogRecord } from '@tidegate/engine/topic-log';

import { createMarkerRecords } from '../../workers/src/capture/snapshot-marker.ts';

/** Change events of `bankdb.bank_accounts`, as a connector with schemas off writes them. */
export interface BankRow {
  readonly id: number | string;
  readonly user_id: number | string;
  readonly account: string;
}

export interface BankChange {
  readonly op: string;
  readonly before?: BankRow | null;
  readonly after?: BankRow | null;
  readonly pos: number;
  readonly row?: number;
  readonly file?: string;
  readonly partition?: number;
  readonly source?: Readonly<Record<string, unknown>>;
  /** Time of the change; by default it follows the position. */
  readonly changedAtMs?: number;
}

export const FIRST_CHANGE_MS = Date.UTC(2026, 0, 1);

/** Ids may be text, to write integers that JavaScript cannot hold. */
export function bankRow(row: BankRow): string {
  return (
    `{"id":${row.id},"user_id":${row.user_id},"account":${JSON.stringify(row.account)},` +
    `"created_at":1767225600000,"updated_at":"2026-01-01T00:00:00.123456Z"}`
  );
}

/** The text of one event. */
export function bankEvent(change: BankChange): string {
  const rowText = (row: BankRow | null | undefined): string => (row ? bankRow(row) : 'null');
  const source = {
    connector: 'mysql',
    name: 'bank',
    ts_ms: change.changedAtMs ?? FIRST_CHANGE_MS + change.pos,
    snapshot: 'false',
    db: 'bankdb',
    sequence: null,
    table: 'bank_accounts',
    file: change.file ?? 'mysql-bin.000003',
    pos: change.pos,
    row: change.row ?? 0,
    ...change.source,
  };
  return (
    `{"before":${rowText(change.before)},"after":${rowText(change.after)},` +
    `"source":${JSON.stringify(source)},"transaction":null,"op":"${change.op}","ts_ms":${source.ts_ms}}`
  );
}

/** A log in memory: values by partition, offsets from 0. Null is a tombstone. */
export class MemoryLog {
  readonly partitions = new Map<number, LogRecord[]>();

  append(value: string | Buffer | null, partition = 0, key: string | null = null): LogRecord {
    const records = this.partitions.get(partition) ?? [];
    this.partitions.set(partition, records);
    const record: LogRecord = {
      partition,
      offset: records.length,
      key: key === null ? null : Buffer.from(key),
      value: typeof value === 'string' ? Buffer.from(value) : value,
      timestamp: FIRST_CHANGE_MS + records.length,
      headers: [],
    };
    records.push(record);
    return record;
  }

  change(change: BankChange): LogRecord {
    const id = (change.after ?? change.before)?.id;
    return this.append(bankEvent(change), change.partition ?? 0, `{"id":${id ?? 'null'}}`);
  }

  /** What our capture writes behind a re-snapshot that began at `pos`, one record in each partition. */
  endSnapshot(pos: number, partitions: readonly number[] = [0]): void {
    const records = createMarkerRecords({
      table: {
        id: 'bankdb.bank_accounts',
        database: 'bankdb',
        name: 'bank_accounts',
        topic: 'bank.bankdb.bank_accounts',
        partitions: partitions.length,
      },
      since: { file: 'mysql-bin.000003', pos },
      rows: 0,
      source: { connector: 'mysql', prefix: 'bank', epoch: 0 },
      partitions,
      capturedAtMs: FIRST_CHANGE_MS + pos,
    });
    for (const { key, value, partition } of records)
      this.append(value, partition, key?.toString() ?? null);
  }

  /** Everything up to now. */
  ranges(topic: string): { topic: string; partition: number; from: number; to: number }[] {
    return [...this.partitions].map(([partition, records]) => ({
      topic,
      partition,
      from: 0,
      to: records.length,
    }));
  }
}
