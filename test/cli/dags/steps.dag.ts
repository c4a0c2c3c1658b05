import { setTimeout as delay } from 'node:timers/promises';

import { defineDag, FailTask } from '@tidegate/engine/dag';
import { z } from 'zod';

/** Ends as its param says: at once, failed, or only when it is told to stop. */
export const steps = defineDag(
  {
    id: 'steps',
    schedule: null,
    params: z.object({
      mode: z.enum(['ok', 'fail', 'slow']).default('ok'),
      day: z.string().optional(),
    }),
  },
  ({ task }) => {
    const first = task('first', ({ log, params }) => {
      log.info({ mode: params.mode }, 'the first step speaks');
    });
    const second = task(
      'second',
      async ({ params, signal }) => {
        if (params.mode === 'fail') throw new FailTask('the second step was told to fail');
        if (params.mode === 'slow') await delay(600_000, undefined, { signal });
      },
      { after: [first] },
    );
    task('third', () => 'done', { after: [second] });
  },
);
