import type { StreamLag } from '@tidegate/engine/server';

import type { StreamResponse } from '../../contract/index.ts';

/** A stream's lag in the API's shape. */
export function toStream(lag: StreamLag): StreamResponse {
  const ages = lag.partitions.map(({ secondsBehind }) => secondsBehind);
  return {
    dag_id: lag.dagId,
    topic: lag.topic,
    topic_exists: lag.topicExists,
    is_paused: lag.isPaused,
    partitions: lag.partitions.map((partition) => ({
      partition: partition.partition,
      cursor: partition.cursor,
      loaded_to: partition.done,
      start: partition.logStart,
      end: partition.logEnd,
      records_behind: partition.recordsBehind,
      seconds_behind: partition.secondsBehind,
    })),
    records_behind: lag.partitions.reduce((sum, { recordsBehind }) => sum + recordsBehind, 0),
    seconds_behind: ages.includes(null) ? null : Math.max(0, ...ages.map((age) => age ?? 0)),
    checked_at: lag.checkedAt?.toISOString() ?? null,
  };
}
