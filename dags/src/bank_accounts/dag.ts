import { defineDag, onRecords, topic } from '@tidegate/engine/dag';

import { accounts } from './accounts.ts';
import { loadAccounts } from './load.ts';
import { recomputeUserStats } from './stats.ts';

/** A change of an account in MySQL becomes rows of history, current and statistics in the warehouse. */
export const bankAccounts = defineDag(
  {
    id: 'bank_accounts',
    description: 'Bank accounts: MySQL changes into history, current and statistics',
    docs: 'Each run owns a range of the topic. Clear a run to load its range again with new code.',
    schedule: onRecords({ within: '500ms', upTo: 10_000 }),
    source: topic(accounts.topic, { maxRecords: 100_000 }),
    tags: ['bank', 'cdc'],
    owner: 'data',
    defaults: {
      retries: 3,
      retryDelay: '1s',
      retryBackoff: 'exponential',
      maxRetryDelay: '1m',
      connections: ['bankdw'],
    },
  },
  ({ task }) => {
    const load = task('load', loadAccounts);
    task('stats', recomputeUserStats, { after: [load] });
  },
);
