import type { NewRecord } from '@tidegate/engine/topic-log';

import type { TableTarget } from './capture-config.ts';
import { EnvelopeWriter, type EnvelopeSource } from './envelope.ts';
import type { BinlogPosition } from './position.ts';
import type { TableLayout } from './table-layout.ts';

/** `message.prefix` of the record that ends a re-snapshot. */
export const SNAPSHOT_COMPLETED = 'tidegate.snapshot.completed';

export interface MarkerSource {
  readonly table: TableTarget;
  readonly since: BinlogPosition;
  readonly rows: number;
  readonly source: EnvelopeSource;
  readonly partitions: readonly number[];
  readonly capturedAtMs: number;
}

/**
 * One record in every partition of the topic, behind all rows of the re-snapshot: every row that exists
 * was written at or after the marker's own version (`source.sequence`, `file`, `pos`, row 0), so a loader
 * deletes what its partition holds with a lower one.
 *
 * It is Debezium's logical message, which other consumers skip: op `m`, key `{"prefix":…}`, and
 * `message: { prefix: "tidegate.snapshot.completed", content: base64 of {"table","epoch","file","pos","rows"} }`.
 */
export function createMarkerRecords(marker: MarkerSource): NewRecord[] {
  const { table, since, rows, source, capturedAtMs } = marker;
  const layout = { table } as unknown as TableLayout;
  const writer = new EnvelopeWriter(
    source,
    {
      layout,
      position: { ...since, row: 0 },
      changedAtUs: capturedAtMs * 1000,
      serverId: 0,
      gtid: null,
      thread: null,
      snapshot: 'last',
    },
    capturedAtMs,
  );
  const content = { table: table.id, epoch: source.epoch, ...since, rows };
  const message = JSON.stringify({
    prefix: SNAPSHOT_COMPLETED,
    content: Buffer.from(JSON.stringify(content)).toString('base64'),
  });
  const key = Buffer.from(JSON.stringify({ prefix: SNAPSHOT_COMPLETED }));
  const value = writer.write('m', 0, { message });
  return marker.partitions.map((partition) => ({ key, value, partition }));
}
