import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

import { defineDag } from '@tidegate/engine/dag';

/** Its second task waits until the file `gate` is there, so that a test can watch it run. */
export const green = defineDag(
  {
    id: 'green',
    schedule: null,
    tags: ['watched'],
    owner: 'tests',
    description: 'Two tasks; the second waits for a gate',
    params: {
      type: 'object',
      properties: {
        gate: { type: 'string', description: 'A file to wait for' },
        stopped: { type: 'string', description: 'A file to leave when it is told to stop' },
        times: { type: 'integer', minimum: 1, maximum: 9, default: 1 },
      },
      additionalProperties: false,
    },
  },
  ({ task }) => {
    const first = task('first', ({ params, log }) => {
      log.info({ params: JSON.stringify(params) }, 'first ran');
      return 1;
    });
    task(
      'second',
      async ({ params, log, signal }) => {
        const { gate, stopped } = params as { readonly gate?: string; readonly stopped?: string };
        signal.addEventListener('abort', () => {
          if (stopped !== undefined) writeFileSync(stopped, '');
        });
        log.info('second waits');
        while (gate !== undefined && !existsSync(gate)) await wait(20, undefined, { signal });
        log.info('the gate is open');
      },
      { after: [first] },
    );
  },
);
