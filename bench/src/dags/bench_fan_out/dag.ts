import { defineDag } from '@tidegate/engine/dag';

import { clockMs } from '../clock.ts';

/** One task, 200 beside each other, one behind them all. */
export const benchFanOut = defineDag(
  { id: 'bench_fan_out', schedule: null, maxActiveTasks: 10_000 },
  ({ task }) => {
    const first = task('first', clockMs);
    const middle = Array.from({ length: 200 }, (_, ix) =>
      task(`t${ix}`, clockMs, { after: [first] }),
    );
    task('last', clockMs, { after: middle });
  },
);
