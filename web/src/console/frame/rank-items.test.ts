import { expect, it } from 'vitest';

import { rankItems } from './rank-items.ts';

const item = (kind: string, name: string) => ({ id: `${kind} ${name}`, kind, name, run: () => {} });
const ITEMS = [
  item('DAG', 'daily_orders'),
  item('DAG', 'orders'),
  item('Pause', 'orders'),
  item('Run', 'orders manual__2026'),
];

it('puts the name that begins with it before the one that holds it', () => {
  expect(rankItems(ITEMS, 'orders')[0]?.name).toBe('orders');
});

it('finds an action by its verb and its object', () => {
  expect(rankItems(ITEMS, 'pause ord').map(({ id }) => id)).toEqual(['Pause orders']);
});

it('keeps the order when nothing is typed and finds nothing for nonsense', () => {
  expect(rankItems(ITEMS, '')).toEqual(ITEMS);
  expect(rankItems(ITEMS, 'zzz')).toEqual([]);
});
