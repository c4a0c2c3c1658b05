import { defineDag, type TaskRef } from '@tidegate/engine/dag';

import { clockMs } from '../clock.ts';

/** A chain of ten, of which the bench starts a thousand at once. */
export const benchThroughput = defineDag(
  { id: 'bench_throughput', schedule: null, maxActiveRuns: 10_000 },
  ({ task }) => {
    let previous: TaskRef<number> = task('t0', clockMs);
    for (let ix = 1; ix < 10; ix += 1) previous = task(`t${ix}`, clockMs, { after: [previous] });
  },
);
