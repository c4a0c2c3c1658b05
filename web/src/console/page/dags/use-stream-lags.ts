import { useMemo } from 'react';

import type { StreamResponse } from '../../../contract/streams.ts';
import { useStreams } from '../../api/reads.ts';

/** The stream of each DAG that loads one. */
export function useStreamLags(): ReadonlyMap<string, StreamResponse> {
  const { data } = useStreams();
  return useMemo(
    () => new Map(data?.streams.map((stream) => [stream.dag_id, stream])),
    [data?.streams],
  );
}
