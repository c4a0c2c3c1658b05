import { defineDag, every, FailTask } from '@tidegate/engine/dag';

interface Rate {
  readonly currency: string;
  readonly rate: number;
}

export const exchangeRates = defineDag(
  {
    id: 'exchange_rates',
    schedule: every('10m'),
    defaults: {
      retries: 3,
      retryDelay: '30s',
      retryBackoff: 'exponential',
      maxRetryDelay: '10m',
      timeout: '1m',
      connections: ['rates'],
    },
  },
  ({ task }) => {
    const fetchRates = task('fetch', async ({ connection, signal }): Promise<Rate[]> => {
      const { uri } = await connection('rates');
      const answer = await fetch(uri, { signal });
      if (answer.status === 401) throw new FailTask('the key was refused: renew connection rates');
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      return (await answer.json()) as Rate[];
    });
    task('check', ({ input }) => input.rates.every(({ rate }) => rate > 0), {
      input: { rates: fetchRates },
      retries: 0,
    });
  },
);
