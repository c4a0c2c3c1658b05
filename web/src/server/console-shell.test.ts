import { execFileSync } from 'node:child_process';

import { expect, it } from 'vitest';

import { quote, toCommand, toCurl } from '../console/format/shell.ts';

const hard = `it's "$HOME" \`id\` \\ ; a\nb & {"x": '1'}`;

it.each([hard, '', 'plain', 'manual__2026-11-21T10:00:00+00:00', '-', "'", '~', '*'])(
  'quotes %j so that a shell hands it on as it is',
  (word) => {
    const echoed = execFileSync('sh', ['-c', `printf %s ${quote(word)}`], { encoding: 'utf8' });
    expect(echoed).toBe(word);
  },
);

it('leaves ordinary words readable', () => {
  expect(toCommand('dags', 'trigger', 'orders', '--conf', '{"day":"2026-11-21"}')).toBe(
    `npx tidegate dags trigger orders --conf '{"day":"2026-11-21"}'`,
  );
});

it('says a call with curl so that its body arrives as it is', () => {
  const body = { conf: { text: hard } };
  // A curl that only prints the last of its words, which is the body.
  const script = `curl() { for last; do :; done; printf %s "$last"; }\n${toCurl('http://x/y', body)}`;
  const sent = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  expect(JSON.parse(sent)).toEqual(body);
});
