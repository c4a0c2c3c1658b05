import { defineDag, type TaskRef } from '@tidegate/engine/dag';

import { clockMs } from '../clock.ts';

/** 40 dependent tasks that do nothing but say when they ran. */
export const benchChain = defineDag({ id: 'bench_chain', schedule: null }, ({ task }) => {
  let previous: TaskRef<number> = task('t0', clockMs);
  for (let ix = 1; ix < 40; ix += 1) previous = task(`t${ix}`, clockMs, { after: [previous] });
});
