import { readFileSync } from 'node:fs';

import { testDag, testTask } from '@tidegate/engine/testing';
import { describe, expect, it } from 'vitest';

import { dailyReport } from './01-first.dag.ts';
import { settleDay } from './02-branches.dag.ts';
import { exchangeRates } from './03-retries.dag.ts';
import { monthEnd } from './04-sensors.dag.ts';
import { loadPayments } from './05-change-data.dag.ts';
import { countClicks } from './06-reading-ranges.dag.ts';

const FOLDER = new URL('./', import.meta.url);
const GUIDE = readFileSync(new URL('../README.md', FOLDER), 'utf8');

/** The states of a run's tasks by id. */
async function statesOf(...run: Parameters<typeof testDag>): Promise<Record<string, string>> {
  const { tasks } = await testDag(...run);
  return Object.fromEntries(Object.entries(tasks).map(([id, { state }]) => [id, state]));
}

describe('the authoring guide', () => {
  it.each([
    '01-first',
    '02-branches',
    '03-retries',
    '04-sensors',
    '05-change-data',
    '06-reading-ranges',
  ])('shows %s as it stands', (name) => {
    const file = readFileSync(new URL(`${name}.dag.ts`, FOLDER), 'utf8');
    expect(GUIDE).toContain(`\`\`\`ts\n${file}\`\`\``);
  });
});

describe('chapter 1', () => {
  it('adds up and writes', async () => {
    const { state, tasks } = await testDag(dailyReport, { params: { currency: 'EUR' } });
    expect(state).toBe('success');
    expect(tasks['write']?.output).toBe('500 EUR');
    expect(tasks['sum']?.logs).toHaveLength(1);
  });

  it('tries a task alone', async () => {
    const { output } = await testTask(dailyReport, 'sum', { input: { read: [1, 2] } });
    expect(output).toBe(3);
  });
});

describe('chapter 2', () => {
  it('takes one branch, and joins again behind it', async () => {
    expect(await statesOf(settleDay, { params: { payments: 500 } })).toEqual({
      any_payments: 'success',
      choose: 'success',
      settle_small: 'skipped',
      settle_large: 'success',
      announce: 'skipped',
      close_books: 'success',
      tidy_up: 'success',
    });
  });

  it('skips everything behind a closed short circuit', async () => {
    const states = await statesOf(settleDay, { params: { payments: 0 } });
    expect(states).toMatchObject({
      choose: 'skipped',
      settle_large: 'skipped',
      tidy_up: 'skipped',
    });
  });
});

describe('chapter 3', () => {
  it('tries again what may get better, with growing waits', async () => {
    // Nobody listens on port 1: the address refuses at once.
    const { state, tasks } = await testDag(exchangeRates, {
      connections: { rates: 'http://127.0.0.1:1/' },
    });
    expect(state).toBe('failed');
    expect(tasks['fetch']).toMatchObject({ state: 'failed', tries: 4 });
    expect(tasks['check']?.state).toBe('upstream_failed');
  });
});

describe('chapter 4', () => {
  it('goes on when somebody approved', async () => {
    const { tasks } = await testDag(monthEnd, { variables: { month_end: 'go' } });
    expect(tasks['publish']).toMatchObject({ state: 'success', output: 'balance 0' });
  });

  it('skips the rest when nobody did in time', async () => {
    const states = await statesOf(monthEnd, { variables: { month_end: 'wait' } });
    expect(states).toMatchObject({ approved: 'skipped', publish: 'skipped' });
  });
});

describe('chapter 5', () => {
  it('loads nothing, and asks for no table, where its range is empty', async () => {
    const { output } = await testTask(loadPayments, 'load', {
      connections: { dw: 'postgres://127.0.0.1:1/dw' },
    });
    expect(output).toEqual({ records: 0, changes: 0, ignored: 0, quarantined: 0 });
  });
});

describe('chapter 6', () => {
  it('reads the range of its run', async () => {
    const { tasks } = await testDag(countClicks, {
      records: [{ value: { page: '/' } }, { value: { page: '/buy' }, partition: 1 }],
    });
    expect(tasks['count']?.output).toBe(2);
  });
});
