import { defineDag } from '@tidegate/engine/dag';

import { clockMs } from '../clock.ts';

export const benchOne = defineDag({ id: 'bench_one', schedule: null }, ({ task }) => {
  task('t0', clockMs);
});
