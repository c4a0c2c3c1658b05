import type { Sql } from '../../store/db.ts';
import type { PartitionRange } from '../../store/runs/run-ranges.ts';
import { saveFingerprint } from '../../store/runs/stream-cursors.ts';
import type { StreamReader } from './observe-stream.ts';

/**
 * Remembers the last record of each range, after the run was made and not on its way: until it is saved, the
 * one before serves. A topic that was re-created meanwhile shows by either.
 */
export async function saveFingerprints(
  reader: StreamReader & { readonly database: Sql },
  stream: { readonly dagId: string; readonly topic: string },
  ranges: readonly PartitionRange[],
): Promise<void> {
  const { topicLog, database, cursors } = reader;
  await Promise.all(
    ranges.map(async ({ partition, to }) => {
      const fingerprint = await topicLog.fingerprint(stream.topic, partition, to - 1);
      if (fingerprint === undefined) return;
      const planned = { next: to, fingerprint };
      if (await saveFingerprint(database, { ...stream, partition }, planned))
        cursors.learnFingerprint(stream, partition, fingerprint);
    }),
  );
}
