import { defineDag } from '@tidegate/engine/dag';

/** Fails at every try, and takes a task with it. */
export const broken = defineDag(
  { id: 'broken', schedule: null, defaults: { retries: 1, retryDelay: '100ms' } },
  ({ task }) => {
    const load = task('load', ({ log }): number => {
      log.info({ table: 'orders' }, 'loading');
      log.error('the table orders has no column price');
      throw new TypeError('column price is missing');
    });
    task('publish', () => null, { after: [load] });
  },
);
