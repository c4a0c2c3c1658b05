import { expect, it } from 'vitest';

import { RecentConnections } from './recent-connections.ts';

const DW = { id: 'dw', type: 'postgres', uri: 'postgres://u:p@h/dw', extra: { pool: 1 } };

it('keeps a connection for five seconds', () => {
  let now = 0;
  const recent = new RecentConnections(() => now);
  recent.keep(DW);
  now = 4_999;
  expect([recent.find('dw'), recent.find('other')]).toEqual([DW, undefined]);
  now = 5_000;
  expect(recent.find('dw')).toBeUndefined();
});

it('is not changed by who was given one', () => {
  const recent = new RecentConnections(() => 0);
  const given = structuredClone(DW);
  recent.keep(given);
  given.extra.pool = 2;
  Object.assign(recent.find('dw')?.extra ?? {}, { pool: 3 });
  expect(recent.find('dw')).toEqual(DW);
});

it('forgets what a task that failed may have used', () => {
  const recent = new RecentConnections(() => 0);
  recent.keep(DW);
  recent.forget(['other']);
  expect(recent.find('dw')).toEqual(DW);
  recent.forget(['dw']);
  expect(recent.find('dw')).toBeUndefined();
});
