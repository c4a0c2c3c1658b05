import { EXECUTION_ROUTES } from '@tidegate/engine/execution-contract';
import { expect, test } from 'vitest';

import { grantOf } from '../../test/worker/sample-grants.ts';
import { until } from '../../test/worker/until.ts';
import { startBench } from '../../test/worker/worker-under-test.ts';

test('a task log holds what was logged and printed, by the task and by what it started', async () => {
  await using bench = await startBench();
  const { engine } = bench;
  const [talk, quiet] = [grantOf('talker.talk'), grantOf('sample.noop')];
  engine.enqueue(talk, quiet);
  const isOver = (line: { message: string }): boolean => line.message.startsWith('the try ended');
  const lines = await until(() => engine.logOf(talk).some(isOver) && engine.logOf(talk));
  expect(lines).toContainEqual(expect.objectContaining({ source: 'stdout', message: 'to stdout' }));
  expect(lines).toContainEqual(expect.objectContaining({ source: 'stderr', message: 'to stderr' }));
  expect(lines).toContainEqual(
    expect.objectContaining({ source: 'stdout', message: 'without an end' }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ source: 'stdout', message: 'from a grandchild' }),
  );
  const structured = lines.find((line) => line.message === 'structured');
  expect(structured).toMatchObject({ level: 'info', source: 'log', fields: { rows: '3' } });
  expect(structured?.fields).toHaveProperty('err.message', 'inner');

  await until(() => engine.reportOf(quiet));
  expect(engine.logOf(quiet).filter((line) => line.source !== 'system')).toEqual([]);
});

test('a short try that says nothing and ends well leaves no log; one that fails has its two lines', async () => {
  await using bench = await startBench();
  const { engine } = bench;
  const silent = Array.from({ length: 10 }, () => grantOf('sample.noop'));
  const failing = grantOf('sample.fail');
  for (const grant of [...silent, failing]) {
    engine.enqueue(grant);
    await until(() => engine.reportOf(grant));
  }
  const lines = await until(() => engine.logOf(failing).length > 0 && engine.logOf(failing));
  expect(lines.map((line) => line.message)).toEqual([
    expect.stringMatching(/^try 1 of 4 starts on/),
    'the try failed: no such column',
  ]);
  // Logs leave in order: what of these has come by now is all there will be. A loaded machine may make one long.
  expect(silent.filter((grant) => engine.logOf(grant).length === 0)).not.toEqual([]);
});

test('a look of a sensor that goes on with its try has both lines, however short it is', async () => {
  await using bench = await startBench();
  const { engine } = bench;
  const look = grantOf('sample.noop', { elapsedMs: 1 });
  engine.enqueue(look);
  await until(() => engine.reportOf(look));
  const lines = await until(() => engine.logOf(look).length > 0 && engine.logOf(look));
  expect(lines.map((line) => line.message)).toEqual([
    expect.stringMatching(/^try 1 of 4 starts on/),
    'the try ended well',
  ]);
});

test('secrets of connections and variables appear in no log and no error', async () => {
  await using bench = await startBench();
  const { engine } = bench;
  const grant = grantOf('talker.secretive');
  engine.enqueue(grant);
  const { outcome } = await until(() => engine.reportOf(grant));
  expect(outcome).toMatchObject({
    kind: 'failed',
    error: { message: 'cannot reach postgres://dwuser:***@127.0.0.1:5432/bankdw' },
  });
  await until(() => engine.logOf(grant).some((line) => line.message.startsWith('the try failed')));
  const text = JSON.stringify([outcome, engine.logOf(grant)]);
  expect(text).toContain('using postgres://dwuser:***@');
  for (const secret of ['p@ss-word', 'p%40ss-word', 'cEBzcy13b3Jk', 'variable-secret', 'by name']) {
    expect(text).not.toContain(secret);
  }
});

test('a connection is asked for once by the tasks of a process that may use it, and again after one failed', async () => {
  await using bench = await startBench();
  const { engine } = bench;
  const asked = async (changes: Parameters<typeof grantOf>[1]): Promise<number> => {
    const grant = grantOf('talker.connected', changes);
    engine.enqueue(grant);
    await until(() => engine.reportOf(grant));
    return engine.callsOf(EXECUTION_ROUTES.connection);
  };
  const may = { connections: ['dw'] };
  expect(await asked(may)).toBe(1);
  expect(await asked(may)).toBe(1);
  // The engine is to say what the grant does not.
  expect(await asked({})).toBe(2);
  expect(await asked({ ...may, params: { fails: true } })).toBe(2);
  expect(await asked(may)).toBe(3);
});

test('an unknown connection fails the task by name', async () => {
  await using bench = await startBench();
  const { engine } = bench;
  const grant = grantOf('talker.no_connection');
  engine.enqueue(grant);
  const { outcome } = await until(() => engine.reportOf(grant));
  expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'CONNECTION_UNKNOWN' } });
});

test('100 MB of log leave head and tail, and delay neither report nor heartbeat', async () => {
  await using bench = await startBench({}, { leaseMs: 6_000 });
  const { engine } = bench;
  const flood = grantOf('talker.flood', { params: { lines: 100_000 } });
  engine.enqueue(flood);
  await until(() => engine.logBytesOf(flood) > 1_000_000, { withinMs: 60_000 });
  const beside = grantOf('sample.noop');
  engine.enqueue(beside);
  const report = await until(() => engine.reportOf(flood), { withinMs: 60_000 });
  expect(report).toMatchObject({ verdict: 'accepted', outcome: { kind: 'success' } });
  expect(engine.reportOf(beside)?.atMs).toBeLessThan(report.atMs);
  const isOver = (): boolean =>
    engine.logOf(flood).at(-1)?.message.startsWith('the try ended') === true;
  await until(isOver, { withinMs: 60_000 });
  const lines = engine.logOf(flood);
  expect(engine.logBytesOf(flood)).toBeLessThan(65 * 1024 * 1024);
  const gaps = lines.filter((line) => /left out here|are missing here/.test(line.message));
  expect(gaps.length).toBeGreaterThan(0);
  expect(lines.find((line) => line.source === 'stdout')?.message).toMatch(/^0 x/);
  expect(lines.findLast((line) => line.source === 'stdout')?.message).toMatch(/^99999 x/);
});

test('a task that prints in a tight loop neither fills memory nor loses its first and last lines', async () => {
  await using bench = await startBench({ limits: { heapMb: 256 } });
  const { engine } = bench;
  const flood = grantOf('talker.flood_at_once', { params: { lines: 100_000 } });
  engine.enqueue(flood);
  const report = await until(() => engine.reportOf(flood), { withinMs: 60_000 });
  expect(report.outcome).toEqual({ kind: 'success', output: null });
  const ended = (): boolean =>
    engine.logOf(flood).at(-1)?.message.startsWith('the try ended') === true;
  await until(ended, { withinMs: 60_000 });
  const lines = engine.logOf(flood);
  expect(lines.find((line) => line.source === 'stdout')?.message).toMatch(/^0 x/);
  expect(lines.findLast((line) => line.source === 'stdout')?.message).toMatch(/^99999 x/);
  expect(lines.some((line) => line.message.includes('lines are missing here'))).toBe(true);
});

test('an engine that takes no logs delays no report', async () => {
  await using bench = await startBench();
  const { engine } = bench;
  const release = engine.holdLogs();
  const grants = Array.from({ length: 20 }, () => grantOf('sample.fail'));
  engine.enqueue(...grants);
  await until(() => grants.every((grant) => engine.reportOf(grant) !== undefined));
  expect(grants.flatMap((grant) => engine.logOf(grant))).toEqual([]);
  release();
  await until(() => grants.every((grant) => engine.logOf(grant).length > 0));
});
