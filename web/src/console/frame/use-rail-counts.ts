import { useHome, useStreams } from '../api/reads.ts';
import { isBehind } from '../state/stream-lag.ts';
import type { Destination } from './navigation.ts';

export interface RailCount {
  readonly value: number;
  readonly meaning: string;
  readonly isBad: boolean;
}

/** Lag beside a door may be this old. */
const COUNT_EVERY_MS = 15_000;

/** What waits behind each door; nothing where there is nothing to say. */
export function useRailCounts(): Partial<Record<Destination['to'], RailCount>> {
  const { data: home } = useHome();
  const { data: streams } = useStreams(COUNT_EVERY_MS);
  const behind = streams?.streams.filter(isBehind);
  return {
    ...(home !== undefined && {
      '/dags':
        home.dags.failing > 0
          ? { value: home.dags.failing, meaning: 'failing', isBad: true }
          : { value: home.dags.total, meaning: 'in all', isBad: false },
    }),
    ...(home !== undefined &&
      home.runs.running > 0 && {
        '/runs': { value: home.runs.running, meaning: 'running', isBad: false },
      }),
    ...(behind !== undefined &&
      behind.length > 0 && {
        '/streams': { value: behind.length, meaning: 'behind', isBad: true },
      }),
  };
}
