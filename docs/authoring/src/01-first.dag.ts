import { cron, defineDag } from '@tidegate/engine/dag';
import { z } from 'zod';

export const dailyReport = defineDag(
  {
    id: 'daily_report',
    schedule: cron('0 2 * * *', { timezone: 'Asia/Seoul' }),
    params: z.object({ currency: z.string().default('KRW') }),
  },
  ({ task }) => {
    const read = task('read', () => [120, 80, 300]);
    const sum = task(
      'sum',
      ({ input, log }) => {
        log.info({ amounts: input.read.length }, 'adding up');
        return input.read.reduce((total, amount) => total + amount, 0);
      },
      { input: { read } },
    );
    task('write', ({ input, params }) => `${input.sum} ${params.currency}`, { input: { sum } });
  },
);
