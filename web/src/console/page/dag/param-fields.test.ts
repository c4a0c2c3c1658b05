import { expect, it } from 'vitest';

import { readFields, toFields } from './param-fields.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    day: { type: 'string', format: 'date', title: 'Day' },
    limit: { type: 'integer', minimum: 1, default: 10 },
    mode: { enum: ['full', 'delta'], default: 'delta' },
    kind: { anyOf: [{ const: 1 }, { const: 2 }] },
    tables: { type: 'array', items: { type: 'string' } },
    extra: { type: 'object' },
  },
  required: ['day', 'mode'],
};

it('gives each property the input its type asks for, with its default', () => {
  const fields = toFields(SCHEMA);
  expect(fields.map(({ kind }) => kind)).toEqual([
    'date',
    'integer',
    'choice',
    'choice',
    'lines',
    'json',
  ]);
  expect(fields.map(({ initial }) => initial)).toEqual(['', '10', '"delta"', '', '', '']);
  expect(fields.map(({ isRequired }) => isRequired)).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

it('leaves what is empty out, so that defaults apply, and names what is missing', () => {
  const { conf, errors } = readFields(toFields(SCHEMA), { limit: '' });
  expect(conf).toEqual({});
  expect(errors.get('day')).toBe('Day is needed');
});

it('reads every kind back as the value it stands for', () => {
  const { conf, errors } = readFields(toFields(SCHEMA), {
    day: '2026-11-20',
    limit: '7',
    mode: '"full"',
    kind: '2',
    tables: 'a\n b \n',
    extra: '{"x":1}',
  });
  expect(errors.size).toBe(0);
  expect(conf).toEqual({
    day: '2026-11-20',
    limit: 7,
    mode: 'full',
    kind: 2,
    tables: ['a', 'b'],
    extra: { x: 1 },
  });
});

it('says what was meant where the text is something else', () => {
  const { errors } = readFields(toFields(SCHEMA), { day: '2026-11-20', limit: '1.5', extra: '{' });
  expect(errors.get('limit')).toBe('a whole number is meant');
  expect(errors.get('extra')).toBe('not valid JSON');
});

it('has no inputs for a DAG without params', () => {
  expect(toFields(null)).toEqual([]);
});
