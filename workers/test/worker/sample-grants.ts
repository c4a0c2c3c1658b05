import { readFileSync } from 'node:fs';

import type { Grant } from '@tidegate/engine/execution-contract';

import { hashBundle } from '../../src/bundle/load-bundle.ts';

export const SAMPLE_BUNDLE = readFileSync(new URL('./sample-dag.mjs', import.meta.url), 'utf8');
export const SAMPLE_HASH = hashBundle(SAMPLE_BUNDLE);
export const SAMPLE_BUNDLES: ReadonlyMap<string, string> = new Map([[SAMPLE_HASH, SAMPLE_BUNDLE]]);

let nextRunKey = 1;

/** A grant of a task of `sample-dag.mjs`, written `<dag>.<task>`, of a run of its own. */
export function grantOf(name: string, changes: Partial<Grant> = {}): Grant {
  const [dagId = '', taskId = ''] = name.split('.');
  const runKey = nextRunKey;
  nextRunKey += 1;
  return {
    runKey,
    ix: 0,
    tryNumber: 1,
    token: runKey,
    maxTries: 3,
    dagId,
    runId: `manual__${runKey}`,
    taskId,
    mapIndex: -1,
    clearNumber: 0,
    queue: 'default',
    isolation: 'shared',
    timeoutMs: null,
    taskToken: `task-${runKey}`,
    bundle: { hash: SAMPLE_HASH, exportName: dagId },
    run: {
      runType: 'manual',
      logicalDate: null,
      dataIntervalStart: null,
      dataIntervalEnd: null,
      runAfter: '2026-01-01T00:00:00Z',
      lane: 'live',
    },
    params: {},
    input: {},
    ranges: [],
    connections: [],
    elapsedMs: null,
    ...changes,
  };
}
