import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { FailpointAction, FailpointName } from '@tidegate/engine/platform';

import { until } from './until.ts';

/** Arms a failpoint of a running product: the process that passes it first dies, fails or stands still. */
export function armFailpoint(
  folder: string,
  name: FailpointName,
  action: FailpointAction,
): ArmedFailpoint {
  const file = path.join(folder, name);
  rmSync(`${file}.hit`, { force: true });
  writeFileSync(file, action);
  return {
    hit: () =>
      until(`a process to pass ${name}`, () =>
        existsSync(`${file}.hit`) ? Number(readFileSync(`${file}.hit`, 'utf8')) : undefined,
      ),
  };
}

export interface ArmedFailpoint {
  /** Resolves with the id of the process that passed it. */
  hit(): Promise<number>;
}
