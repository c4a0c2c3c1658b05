import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../test/engine/metadata-database.ts';
import { sampleDag } from '../../test/engine/sample-dags.ts';
import { TestEngine, WORKER_TOKEN } from '../../test/engine/test-engine.ts';
import { SUCCESS, TestWorker, toKey } from '../../test/engine/test-worker.ts';
import { saveArtefact } from '../store/artefacts.ts';
import { savePool } from '../store/pools.ts';
import { readTaskLog } from '../store/reads/read-task-log.ts';
import { saveConnection, saveVariable } from '../store/secrets.ts';
import type { RegisteredFilesResponse } from './contract.ts';

describeWith(['postgres'], 'execution API', () => {
  let own: MetadataDatabase;
  let engine: TestEngine;

  beforeAll(async () => {
    own = await createMetadataDatabase('execution');
    engine = await TestEngine.start(own.url, {
      connections: { DW: 'postgres://u:p@host/dw' },
      variables: { REGION: 'north' },
    });
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  });

  const get = (url: string, bearer: string) =>
    engine.app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${bearer}` } });

  it('answers nobody without the worker token, and no task token where the worker one is due', async () => {
    await engine.register(sampleDag('guarded', { a: {} }));
    await engine.createRuns('guarded');
    const worker = new TestWorker(engine.app);
    const grant = await worker.claimOne();
    for (const bearer of ['', 'wrong', grant.taskToken]) {
      for (const url of [
        '/execution/claim',
        '/execution/finish',
        '/execution/heartbeat',
        '/execution/log',
        '/execution/start',
      ]) {
        const answer = await engine.app.inject({
          method: 'POST',
          url,
          headers: { authorization: `Bearer ${bearer}` },
          payload: {},
        });
        expect([url, answer.statusCode]).toEqual([url, 401]);
      }
    }
    expect((await get('/execution/connection/dw', WORKER_TOKEN)).statusCode).toBe(401);
    await worker.finish([grant]);
  });

  it('hands out connections and variables to a running try that declared them, and to no other', async () => {
    await engine.register(sampleDag('secrets', { a: { connections: ['dw', 'stored', 'gone'] } }));
    await engine.createRuns('secrets');
    const extra = { schema: 'x' };
    const stored = { id: 'stored', type: 'mysql', uri: 'mysql://u:secret@h/d', extra };
    await saveConnection(engine.database, engine.seal, stored);
    await saveConnection(engine.database, engine.seal, { ...stored, id: 'undeclared' });
    await saveVariable(engine.database, engine.seal, { id: 'limit', value: '10' });
    const worker = new TestWorker(engine.app);
    const grant = await worker.claimOne();
    const ask = async (path: string): Promise<unknown> =>
      (await get(`/execution/${path}`, grant.taskToken)).json();
    expect(await ask('connection/dw')).toEqual({
      id: 'dw',
      type: 'postgres',
      uri: 'postgres://u:p@host/dw',
      extra: {},
    });
    expect(await ask('connection/stored')).toEqual(stored);
    expect(await ask('connection/undeclared')).toMatchObject({ code: 'CONNECTION_UNKNOWN' });
    expect(await ask('connection/gone')).toMatchObject({ code: 'CONNECTION_UNKNOWN' });
    expect(await ask('variable/region')).toEqual({ id: 'region', value: 'north' });
    expect(await ask('variable/limit')).toEqual({ id: 'limit', value: '10' });
    expect(await ask('variable/none')).toMatchObject({ code: 'VARIABLE_UNKNOWN' });
    const { rows } = await engine.database.query<{ uri: string }>(
      'select uri from tidegate.connection',
    );
    expect(rows.some((row) => row.uri.includes('secret'))).toBe(false);
    const forged = grant.taskToken.replace(/^\d+/, (key) => String(Number(key) + 1));
    expect((await get('/execution/connection/dw', forged)).statusCode).toBe(401);
    await worker.finish([grant]);
    expect((await get('/execution/connection/dw', grant.taskToken)).statusCode).toBe(409);
  });

  it('keeps log chunks once, in order, also of a try that is over', async () => {
    await engine.register(sampleDag('logs', { a: {} }));
    const [runKey = 0] = await engine.createRuns('logs');
    const worker = new TestWorker(engine.app);
    const grant = await worker.claimOne();
    await worker.finish([grant]);
    const chunk = (sequence: number, message: string): object => ({
      task: toKey(grant),
      sequence,
      firstLine: sequence,
      lines: 1,
      bytes: 10,
      highestLevel: 'info',
      data: deflateSync(
        `${JSON.stringify({ at: '2026-01-01T00:00:00Z', level: 'info', source: 'log', message })}\n`,
      ).toString('base64'),
    });
    const send = (chunks: object[]) =>
      engine.app.inject({
        method: 'POST',
        url: '/execution/log',
        headers: { authorization: `Bearer ${WORKER_TOKEN}` },
        payload: { workerId: 'w1', chunks },
      });
    expect((await send([chunk(1, 'second'), chunk(0, 'first')])).statusCode).toBe(204);
    expect((await send([chunk(1, 'sent again')])).statusCode).toBe(204);
    const page = await readTaskLog(engine.database, { runKey, ix: 0, tryNumber: 1 });
    expect(page.lines.map((line) => line.message)).toEqual(['first', 'second']);
  });

  it('keeps bundles by their hash and refuses bytes that are something else', async () => {
    const data = Buffer.from('export const dag = 1;');
    const hash = createHash('sha256').update(data).digest('hex');
    const put = (name: string) =>
      engine.app.inject({
        method: 'PUT',
        url: `/execution/artefact/${name}`,
        headers: {
          authorization: `Bearer ${WORKER_TOKEN}`,
          'content-type': 'application/octet-stream',
        },
        payload: data,
      });
    expect((await put(hash)).statusCode).toBe(204);
    expect((await put(hash)).statusCode).toBe(204);
    expect((await put(hash.replace(/^./, 'x'))).json()).toMatchObject({ code: 'ARTEFACT_BROKEN' });
    expect((await get(`/execution/artefact/${hash}`, WORKER_TOKEN)).rawPayload).toEqual(data);
    expect((await get(`/execution/artefact/${'0'.repeat(64)}`, WORKER_TOKEN)).statusCode).toBe(404);
  });

  it('makes a version when a DAG changes, refuses an id of another file, marks stale what is gone', async () => {
    const dag = sampleDag('versioned', { a: {} });
    expect((await engine.register(dag)).dags).toEqual([
      { id: 'versioned', version: 1, isNew: true },
    ]);
    expect((await engine.register(dag)).dags).toEqual([
      { id: 'versioned', version: 1, isNew: false },
    ]);
    const changed = sampleDag('versioned', { a: { retries: 3 } });
    expect((await engine.register(changed)).dags).toEqual([
      { id: 'versioned', version: 2, isNew: true },
    ]);
    const refused = await engine.register(dag, 'other.dag.ts');
    expect(refused.error).toMatchObject({ code: 'DUPLICATE_DAG_ID' });
    expect(refused.error?.message).toMatch(/versioned.*other\.dag\.ts.*versioned\/dag\.ts/);
    const { rows: errors } = await engine.database.query(
      'select file, code from tidegate.import_error',
    );
    expect(errors).toEqual([{ file: 'other.dag.ts', code: 'DUPLICATE_DAG_ID' }]);
    const renamed = sampleDag('renamed', { a: {} });
    await engine.register(renamed, 'versioned/dag.ts');
    const { rows } = await engine.database.query(
      `select dag_id, is_stale from tidegate.dag where file = 'versioned/dag.ts' order by dag_id`,
    );
    expect(rows).toEqual([
      { dag_id: 'renamed', is_stale: false },
      { dag_id: 'versioned', is_stale: true },
    ]);
    expect((await engine.register(dag, 'other.dag.ts')).error).toBeNull();
  });

  it('refuses a DAG whose pool does not exist, by name, until it does', async () => {
    const dag = sampleDag('pooled', { a: { pool: 'narrow' } });
    const refused = await engine.register(dag);
    expect(refused.error).toMatchObject({ code: 'POOL_MISSING' });
    expect(refused.error?.message).toMatch(/task a of DAG pooled .*pool narrow/);
    await savePool(engine.database, { name: 'narrow', slots: 1 });
    expect((await engine.register(dag)).error).toBeNull();
  });

  it('refuses a task that takes more slots than its pool has, by name, until the pool has them', async () => {
    await savePool(engine.database, { name: 'tight', slots: 2 });
    const dag = sampleDag('wide', { a: { pool: 'tight', poolSlots: 3 } });
    const refused = await engine.register(dag);
    expect(refused.error).toMatchObject({ code: 'POOL_TOO_SMALL' });
    expect(refused.error?.message).toMatch(/task a of DAG wide takes 3 slots of pool tight, .* 2/);
    await savePool(engine.database, { name: 'tight', slots: 3 });
    expect((await engine.register(dag)).error).toBeNull();
  });

  it('refuses to shrink a pool below what a task takes, registered or under way, but closes it', async () => {
    await savePool(engine.database, { name: 'shrunk', slots: 3 });
    const shrink = (slots: number) => savePool(engine.database, { name: 'shrunk', slots });
    await engine.register(sampleDag('tall', { a: { pool: 'shrunk', poolSlots: 3 } }));
    const message = expect.stringContaining('task a of DAG tall') as string;
    const refusal = { code: 'POOL_TOO_SMALL', message };
    await expect(shrink(2)).rejects.toMatchObject(refusal);
    await shrink(0);
    await shrink(3);
    // Its runs under way keep the version they began with.
    const [runKey = 0] = await engine.createRuns('tall');
    await engine.register(sampleDag('tall', { a: { pool: 'shrunk', poolSlots: 1 } }));
    await expect(shrink(2)).rejects.toMatchObject(refusal);
    const worker = new TestWorker(engine.app);
    await worker.finish([await worker.claimOne()], SUCCESS);
    expect(await engine.runState(runKey)).toBe('success');
    await shrink(2);
  });

  it('keeps the last good version running when a file breaks', async () => {
    const dag = sampleDag('breaks', { a: {} });
    await engine.register(dag);
    const error = { code: 'SYNTAX', message: 'no', line: 3, column: 1, codeFrame: '> 3 |' };
    const answer = await engine.app.inject({
      method: 'PUT',
      url: '/execution/dags',
      headers: { authorization: `Bearer ${WORKER_TOKEN}` },
      payload: { file: 'breaks/dag.ts', dags: [], error },
    });
    expect(answer.json()).toEqual({ dags: [], error });
    const [runKey = 0] = await engine.createRuns('breaks');
    const worker = new TestWorker(engine.app);
    await worker.finish([await worker.claimOne()], SUCCESS);
    expect(await engine.runState(runKey)).toBe('success');
  });

  it('tells what it knows of each DAG file, as far as their bundles are stored', async () => {
    const authorization = `Bearer ${WORKER_TOKEN}`;
    const listed = async (file: string) => {
      const answer = await engine.app.inject({
        ...{ method: 'GET', url: '/execution/dags', headers: { authorization } },
      });
      const { timeline, files } = answer.json<RegisteredFilesResponse>();
      expect(timeline).toMatch(/^[0-9A-F]{8}$/);
      return files.filter((one) => one.file === file);
    };
    await engine.register(sampleDag('told', { a: {} }));
    await engine.register(sampleDag('told', { b: {} }));
    expect(await listed('told/dag.ts')).toEqual([]);
    await saveArtefact(own.database, 'b', Buffer.from('text'));
    const file = 'told/dag.ts';
    const dags = [{ id: 'told', version: 2 }];
    expect(await listed(file)).toEqual([{ file, dags, error: null }]);
    const error = { code: 'SYNTAX', message: 'no', line: 3, column: 1, codeFrame: null };
    const headers = { authorization };
    const payload = { file, dags: [], error };
    await engine.app.inject({ method: 'PUT', url: '/execution/dags', headers, payload });
    expect(await listed(file)).toEqual([{ file, dags, error: 'SYNTAX' }]);
    const gone = { file, dags: [], error: null };
    await engine.app.inject({ method: 'PUT', url: '/execution/dags', headers, payload: gone });
    expect(await listed(file)).toEqual([]);
  });

  it('answers an older poll of a worker when a newer one comes, and gives a slot once', async () => {
    const worker = new TestWorker(engine.app);
    const older = worker.claim(5, 30_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const newer = worker.claim(1, 30_000);
    expect(await older).toEqual([]);
    await engine.register(sampleDag('poll', { a: {}, b: {} }));
    await engine.createRuns('poll');
    expect(await newer).toHaveLength(1);
    await vi.waitFor(async () => expect(await worker.claim(1, 100)).toHaveLength(1));
  });
});
