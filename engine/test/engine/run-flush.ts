import type { FlushBatch } from '../../src/state/flush-batch.ts';
import type { FlushConnection } from '../../src/store/flush/flush-connection.ts';
import { beginFlush, finishFlush, type FlushDone } from '../../src/store/flush/run-flush.ts';
import type { RunInfoCache } from '../../src/store/flush/run-info.ts';

/** One flush by itself. Its runs are in the cache. */
export async function runFlush(
  connection: FlushConnection,
  batch: FlushBatch,
  cache: RunInfoCache,
): Promise<FlushDone> {
  await connection.open();
  return finishFlush(connection, beginFlush(connection, batch, cache), { cache });
}
