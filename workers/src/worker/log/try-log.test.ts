import { inflateSync } from 'node:zlib';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { LogLine } from '@tidegate/engine/execution-contract';

import { compress, storedBlock } from './compress.ts';
import { splitLongLine, systemLine, toFields } from './log-line.ts';
import { createTryLog, type PlainChunk } from './try-log.ts';

const TASK = { runKey: 1, ix: 0, tryNumber: 1, token: 1 };
const line = (message: string): LogLine => ({
  at: '2026-01-01T00:00:00.000Z',
  level: 'info',
  source: 'log',
  message,
});
const linesOf = (chunks: readonly PlainChunk[]): LogLine[] =>
  chunks.flatMap((chunk) =>
    chunk.plain
      .toString()
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as LogLine),
  );

test('chunks hold every line once, in order, each at most 64 kB compressed', async () => {
  const messages = fc.array(fc.string({ maxLength: 20_000, unit: 'binary' }), { maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(messages, async (given) => {
      const chunks: PlainChunk[] = [];
      const log = createTryLog(TASK, (chunk) => chunks.push(chunk) > 0);
      given.forEach((message) => log.append(line(message)));
      log.end();
      expect(
        linesOf(chunks)
          .map((one) => one.message)
          .join(''),
      ).toBe(given.join(''));
      expect(chunks.map((chunk) => chunk.sequence)).toEqual(chunks.map((_, i) => i));
      let next = 0;
      for (const chunk of chunks) {
        expect(chunk.firstLine).toBe(next);
        next += chunk.lines;
        expect((await compress(chunk.plain)).length).toBeLessThanOrEqual(65_536);
      }
    }),
    { numRuns: 15 },
  );
});

test('beyond its limits a log keeps head and tail, with the gap marked by its size', () => {
  const chunks: PlainChunk[] = [];
  const limits = { headBytes: 200_000, tailBytes: 200_000 };
  const log = createTryLog(TASK, (chunk) => chunks.push(chunk) > 0, limits);
  const count = 2_000;
  for (let i = 0; i < count; i += 1) log.append(line(`${i} ${'x'.repeat(1_000)}`));
  log.end();
  const lines = linesOf(chunks);
  expect(lines[0]?.message).toMatch(/^0 /);
  expect(lines.at(-1)?.message).toMatch(/^1999 /);
  const [gap] = lines.filter((one) => one.source === 'system');
  const missing = Number(/^(\d+) lines/.exec(gap?.message ?? '')?.[1]);
  expect(lines.length - 1 + missing).toBe(count);
  expect(chunks.at(-1)).toMatchObject({ firstLine: count - (chunks.at(-1)?.lines ?? 0) });
});

test('lines that could not be sent are counted in the log itself', () => {
  const chunks: PlainChunk[] = [];
  let isOpen = false;
  const log = createTryLog(TASK, (chunk) => isOpen && chunks.push(chunk) > 0);
  log.append(line('lost'));
  log.append(line('lost too'));
  log.flush();
  isOpen = true;
  log.append(line('back'));
  log.end();
  expect(linesOf(chunks).map((one) => one.message)).toEqual([
    expect.stringMatching(/^2 lines are missing here/),
    'back',
  ]);
  expect(chunks[0]?.sequence).toBe(0);
});

test('the first line of the product is held until there is another, or it is handed over', () => {
  const chunks: PlainChunk[] = [];
  const open = (): ReturnType<typeof createTryLog> => {
    const log = createTryLog(TASK, (chunk) => chunks.push(chunk) > 0);
    log.append(systemLine('starts'));
    return log;
  };
  const silent = open();
  expect(silent.isSilent()).toBe(true);
  silent.discard();
  silent.flush();
  expect(chunks).toEqual([]);
  const slow = open();
  slow.flush();
  expect(slow.isSilent()).toBe(false);
  const talking = open();
  talking.append(line('says'));
  expect(talking.isSilent()).toBe(false);
  talking.end();
  expect(linesOf(chunks).map((one) => one.message)).toEqual(['starts', 'starts', 'says']);
});

test('a stored block is what zlib reads', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_023 }), (bytes) => {
      expect(inflateSync(storedBlock(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
    }),
  );
});

test('a line too long for a chunk becomes several, its fields kept', () => {
  const parts = splitLongLine({ ...line('x'.repeat(20_000)), fields: { a: 1 } });
  expect(parts.map((part) => part.message).join('')).toBe('x'.repeat(20_000));
  expect(parts[0]?.fields).toEqual({ a: 1 });
  const long = splitLongLine({ ...line('why'), fields: { a: 'y'.repeat(9_000) } });
  expect(long.map((part) => part.message).join('')).toContain('y'.repeat(9_000));
});

test('whatever a task logs as fields becomes JSON', () => {
  const loop: Record<string, unknown> = { big: 2n ** 60n, bytes: Buffer.from('ab') };
  loop['self'] = loop;
  expect(toFields(loop)).toEqual({
    big: '1152921504606846976',
    bytes: expect.anything() as unknown,
    self: '[seen above]',
  });
  expect(toFields(Object.assign(new RangeError('no'), { code: 'E1' }))).toMatchObject({
    err: { name: 'RangeError', message: 'no', code: 'E1' },
  });
  expect(toFields([1])).toEqual({ value: [1] });
});
