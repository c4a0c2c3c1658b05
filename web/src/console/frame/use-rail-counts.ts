import { useHome, useStreams } from '../api/reads.ts';
import type { Destination } from './navigation.ts';

export interface RailCount {
  readonly value: number;
  readonly meaning: string;
  readonly isBad: boolean;
}

/** Lag beside a door may be this old. */
const COUNT_EVERY_MS = 15_000;

/** A stream further behind than this is counted in the rail. */
export const BEHIND_SECONDS = 60;

/** What waits behind each door; nothing where there is nothing to say. */
export function useRailCounts(): Partial<Record<Destination['to'], RailCount>> {
  const { data: home } = useHome();
  const { data: streams } = useStreams(COUNT_EVERY_MS);
  const behind = streams?.streams.filter(
    ({ seconds_behind: seconds }) => (seconds ?? 0) > BEHIND_SECONDS,
  );
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
