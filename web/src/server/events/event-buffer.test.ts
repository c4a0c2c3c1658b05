import { expect, it } from 'vitest';

import { EventBuffer } from './event-buffer.ts';

it('answers what came after an id', () => {
  const buffer = new EventBuffer();
  const start = buffer.lastId;
  const first = buffer.add('dags', {}, 0);
  const second = buffer.add('dags', {}, 1);
  expect(buffer.since(start)).toEqual([first, second]);
  expect(buffer.since(first.id)).toEqual([second]);
  expect(buffer.since(second.id)).toEqual([]);
});

it('knows whether anything was added lately', () => {
  const buffer = new EventBuffer();
  expect(buffer.hasAny(0)).toBe(false);
  buffer.add('dags', {}, 500);
  expect([buffer.hasAny(500), buffer.hasAny(501)]).toEqual([true, false]);
});

it('does not know ids older than a minute, of another buffer, or of the future', () => {
  const buffer = new EventBuffer();
  const first = buffer.add('dags', {}, 0);
  buffer.add('dags', {}, 30_000);
  buffer.add('dags', {}, 61_000);
  expect(buffer.since(first.id)).toHaveLength(2);
  buffer.add('dags', {}, 100_000);
  expect(buffer.since(first.id)).toBeUndefined();
  expect(buffer.since(new EventBuffer().lastId)).toBeUndefined();
  expect(buffer.since(`${first.id.split('-')[0] ?? ''}-99`)).toBeUndefined();
});

it('does not know what happened while nobody looked', () => {
  const buffer = new EventBuffer();
  const { id } = buffer.add('dags', {}, 0);
  buffer.forget();
  buffer.add('dags', {}, 1);
  expect(buffer.since(id)).toBeUndefined();
});

it('does not tell more than a reader may leave unread, and keeps no more than it has room for', () => {
  const buffer = new EventBuffer();
  const { id: first } = buffer.add('dags', {}, 0);
  const large = { dag_ids: ['x'.repeat(100_000)] };
  const [, second] = [0, 1, 2].map(() => buffer.add('invalidate', large, 0));
  expect(buffer.since(second?.id ?? '')).toHaveLength(1);
  expect(buffer.since(first)).toBeUndefined();
  for (let count = 0; count < 100; count += 1) buffer.add('invalidate', large, 0);
  const { id: last } = buffer.add('dags', {}, 0);
  expect(buffer.since(last)).toEqual([]);
  expect(buffer.since(second?.id ?? '')).toBeUndefined();
});
