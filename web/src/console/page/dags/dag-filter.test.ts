import { expect, it } from 'vitest';

import { dropTerm, toDagFilter } from './dag-filter.ts';

it('takes tags and owners out of the words and leaves the rest to the name', () => {
  expect(toDagFilter('bank  tag:cdc owner:ana tag:live', undefined)).toEqual({
    q: 'bank',
    tags: ['cdc', 'live'],
    owners: ['ana'],
  });
});

it('asks for nothing in particular when nothing is typed', () => {
  expect(toDagFilter('  ', undefined)).toEqual({});
});

it('shows failed by the newest run and paused by the switch', () => {
  expect(toDagFilter('', 'failed')).toEqual({ last_run_state: 'failed' });
  expect(toDagFilter('', 'paused')).toEqual({ paused: true });
});

it('drops one word and keeps the order of the others', () => {
  expect(dropTerm('tag:cdc bank owner:ana', 'owner:ana')).toBe('tag:cdc bank');
});
