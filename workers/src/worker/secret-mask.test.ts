import { expect, test } from 'vitest';

import { createSecretMask, secretsOfConnection } from './secret-mask.ts';

test('masks a secret as written, URI-encoded, in JSON and in base64', () => {
  const mask = createSecretMask();
  mask.register(['p"ss word']);
  const forms = ['p"ss word', 'p%22ss%20word', 'p\\"ss word', 'cCJzcyB3b3Jk'];
  for (const form of forms) expect(mask.mask(`<${form}>`)).toBe('<***>');
});

test('masks the longer of two secrets first', () => {
  const mask = createSecretMask();
  mask.register(['secret', 'secret-and-more']);
  expect(mask.mask('secret-and-more secret')).toBe('*** ***');
});

test('leaves short values alone, which would mask half of every log', () => {
  const mask = createSecretMask();
  expect(mask.register(['true', ''])).toBe(false);
  expect(mask.mask('true')).toBe('true');
});

test('masks strings, keys and numbers inside JSON without breaking it', () => {
  const mask = createSecretMask();
  mask.register(['123456']);
  expect(mask.maskJson({ k123456: [123456, 'x123456', 1, null, true] })).toEqual({
    'k***': ['***', 'x***', 1, null, true],
  });
});

test.each([
  ['postgres://user:p%40ss1@host/db', ['p%40ss1', 'p@ss1']],
  ['clickhouse://host:8123/db?password=hidden&x=1', ['hidden']],
  ['postgres://user@host:5432/db', []],
])('finds the password of %s', (uri, expected) => {
  expect([...new Set(secretsOfConnection({ uri, extra: {} }))]).toEqual(expected);
});

test('finds extras that are named like secrets', () => {
  const extra = { api_key: 'abcdef', sasl_password: 'ghijkl', region: 'eu' };
  expect(secretsOfConnection({ uri: 'http://host', extra })).toEqual(['abcdef', 'ghijkl']);
});
