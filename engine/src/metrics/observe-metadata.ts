import { systemClock } from '../platform/clock.ts';
import { readStreamLag } from '../scheduler/runs/stream-lag.ts';
import type { Sql } from '../store/db.ts';
import { readMetadataCounts } from '../store/reads/read-metrics.ts';
import type { TopicLog } from '../topic-log/topic-log.ts';
import { setMetadata, setStreams } from './metadata-metrics.ts';
import type { Refresh } from './serve-metrics.ts';

/** Reads what the metadata and the log say, at each scrape. In one process is enough: the API's. */
export function observeMetadata(reader: {
  readonly sql: Sql;
  readonly topicLog: TopicLog;
}): Refresh {
  return async () => {
    const now = new Date(systemClock.now());
    const [counts, streams] = await Promise.all([
      readMetadataCounts(reader.sql, now),
      readStreamLag(reader, { now }),
    ]);
    setMetadata(counts);
    setStreams(streams);
  };
}
