import { defineDag } from '@tidegate/engine/dag';

/** Nothing happens to it but pausing. */
export const plain = defineDag({ id: 'plain', schedule: null }, ({ task }) => {
  task('only', () => null);
});
