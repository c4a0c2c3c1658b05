import { defineDag } from '@tidegate/engine/dag';

/** Its first try fails where the params say so, its second does not. */
export const flaky = defineDag(
  {
    id: 'flaky',
    schedule: null,
    defaults: { retries: 1, retryDelay: '100ms' },
    params: {
      type: 'object',
      properties: { rows: { type: 'integer', default: 3 }, stumbles: { type: 'boolean' } },
      additionalProperties: false,
    },
  },
  ({ task: declare }) => {
    declare('load', ({ params, task, log }) => {
      const { rows = 3, stumbles = false } = params as { rows?: number; stumbles?: boolean };
      log.info({ rows }, 'loading');
      if (stumbles && task.tryNumber === 1) {
        log.error('the connection was reset');
        throw new Error('connection reset');
      }
      log.info(`loaded ${rows} rows`);
      return { rows };
    });
  },
);
