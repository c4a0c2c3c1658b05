import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { listTries } from '@tidegate/engine/server';
import { startWorker } from '@tidegate/workers/worker';

import { startWorkerProgram } from '../../workers/test/worker/start-worker-program.ts';
import { until } from '../../workers/test/worker/until.ts';
import { describeWith } from '../services/services.ts';
import { startEngineUnderTest } from './engine-under-test.ts';

const DAG_FILE = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { defineDag, topic } from '@tidegate/engine/dag';

export const chain = defineDag({ id: 'chain', params: { type: 'object' } }, ({ task }) => {
  let before = task('t0', ({ log }) => {
    log.info('begins');
    return 0;
  });
  for (let i = 1; i < 10; i += 1) {
    before = task('t' + i, ({ input }) => Number(input.before) + 1, { input: { before } });
  }
});

export const reads = defineDag(
  { id: 'reads', source: topic('orders', { maxRecords: 100 }) },
  ({ task }) => {
    task('read', async ({ source, connection, log }) => {
      const { uri } = await connection('dw');
      console.log('reading for ' + uri);
      const values: string[] = [];
      for await (const { records } of source.read()) {
        for (const record of records) values.push(String(record.value));
      }
      log.info({ count: values.length }, 'read');
      return values;
    }, { connections: ['dw'] });
  },
);

export const slow = defineDag({ id: 'slow', params: { type: 'object' } }, ({ task }) => {
  task('once', async ({ params, signal }) => {
    const { marker } = params as { marker: string };
    const isFirst = !existsSync(marker);
    appendFileSync(marker, 'started ');
    if (isFirst) await sleep(600_000, undefined, { signal });
    return 'done';
  });
});

export const killed = defineDag({ id: 'killed', params: { type: 'object' } }, ({ task }) => {
  task('often', async ({ params }) => {
    const { marker, times } = params as { marker: string; times: number };
    const before = existsSync(marker) ? readFileSync(marker, 'utf8').length : 0;
    appendFileSync(marker, 'x');
    if (before >= times) return 'done';
    process.kill(process.pid, 'SIGKILL');
    await sleep(600_000);
  }, { retries: 0 });
});
`;

const by = { triggeredBy: 'rest_api', triggeringUser: null } as const;

describeWith(['postgres', 'redis'], 'a worker with the real engine', () => {
  it.each(['postgres', 'bullmq'] as const)(
    'runs a chain, and logs what its tries say (%s)',
    async (lane) => {
      await using engine = await startEngineUnderTest(lane, DAG_FILE);
      const worker = await startWorker(engine.workerConfig('one'));
      const { runKey } = await engine.scheduler.triggerRun({ dagId: 'chain', ...by });
      expect(await engine.endOf(runKey)).toBe('success');
      const [last] = await listTries(engine.database, runKey, 9);
      expect(last).toMatchObject({ tryNumber: 1, state: 'success', output: '9' });
      await worker.stop();
      expect(await engine.messagesOf({ runKey, ix: 0 })).toEqual([
        expect.stringMatching(/^try 1 of 1 starts on one/),
        'begins',
        'the try ended well',
      ]);
      // The others say nothing: only one that took its time has a log, of two lines.
      for (let ix = 1; ix < 10; ix += 1) {
        const messages = await engine.messagesOf({ runKey, ix });
        if (messages.length > 0) expect(messages.slice(1)).toEqual(['the try ended well']);
      }
    },
  );

  it('reads the range of its run and uses a connection without showing it', async () => {
    await using engine = await startEngineUnderTest('postgres', DAG_FILE);
    await engine.topicLog.ensureTopic('orders', { partitions: 1 });
    const values = ['a', 'b', 'c'].map((value) => ({ key: null, value: Buffer.from(value) }));
    await engine.topicLog.produce('orders', values);
    const worker = await startWorker(engine.workerConfig('one'));
    const { runKey } = await engine.scheduler.triggerRun({ dagId: 'reads', ...by });
    expect(await engine.endOf(runKey)).toBe('success');
    const [first] = await listTries(engine.database, runKey, 0);
    expect(first?.output).toBe('["a","b","c"]');
    await worker.stop();
    const messages = await engine.messagesOf({ runKey, ix: 0 });
    expect(messages).toContain('reading for postgres://dwuser:***@127.0.0.1:5432/bankdw');
  });

  it.each(['postgres', 'bullmq'] as const)(
    'kill -9 of a worker in mid-task: another one runs it again within seconds, no retry used (%s)',
    async (lane) => {
      await using engine = await startEngineUnderTest(lane, DAG_FILE);
      const marker = `${engine.scratch}/marker`;
      using doomed = startWorkerProgram(engine.workerConfig('doomed'));
      const { runKey } = await engine.scheduler.triggerRun({
        dagId: 'slow',
        conf: { marker },
        ...by,
      });
      const marks = (): string => {
        try {
          return readFileSync(marker, 'utf8');
        } catch {
          return '';
        }
      };
      await until(() => marks() !== '', { withinMs: 30_000, what: 'the start of the task' });
      const second = await startWorker(engine.workerConfig('second'));
      doomed.process.kill('SIGKILL');
      const killedAtMs = performance.now();
      await until(() => marks() === 'started started ', { what: 'the second start' });
      // The session closed: leases of 15 s are not waited for.
      expect(performance.now() - killedAtMs).toBeLessThan(10_000);
      expect(await engine.endOf(runKey)).toBe('success');
      const tries = await listTries(engine.database, runKey, 0);
      expect(tries.map((one) => one.state)).toEqual(['lost', 'success']);
      await second.stop();
    },
  );

  it('kill -9 of a task process is no failure of its task, unless it comes again and again', async () => {
    await using engine = await startEngineUnderTest('postgres', DAG_FILE);
    const worker = await startWorker(engine.workerConfig('one'));
    const triesOf = async (times: number): Promise<{ state: string; error: string | null }[]> => {
      const conf = { marker: `${engine.scratch}/killed-${times}`, times };
      const { runKey } = await engine.scheduler.triggerRun({ dagId: 'killed', conf, ...by });
      await engine.endOf(runKey);
      return (await listTries(engine.database, runKey, 0)).map(({ state, error }) => ({
        state,
        error: error === null ? null : JSON.stringify(error),
      }));
    };
    expect((await triesOf(2)).map(({ state }) => state)).toEqual(['lost', 'lost', 'success']);
    const always = await triesOf(1_000);
    expect(always.map(({ state }) => state)).toEqual(['lost', 'lost', 'failed']);
    expect(always.at(-1)?.error).toMatch(/KILLED_AGAIN_AND_AGAIN/);
    expect(always.at(-1)?.error).toMatch(/3 times in a row.*memory/);
    await worker.stop();
  });
});
