import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../test/engine/metadata-database.ts';
import { ManualClock } from '../../test/engine/manual-clock.ts';
import { chainOf, sampleDag } from '../../test/engine/sample-dags.ts';
import { findMiscounts, TestEngine } from '../../test/engine/test-engine.ts';
import { SUCCESS, TestWorker } from '../../test/engine/test-worker.ts';
import type { StartResponse } from './contract.ts';

interface Job {
  readonly runKey: number;
  readonly ix: number;
  readonly tryNumber: number;
  readonly nonce: string;
}

describeWith(['postgres'], 'start of queued tasks', () => {
  let own: MetadataDatabase;
  let engine: TestEngine;
  const clock = new ManualClock();

  beforeAll(async () => {
    own = await createMetadataDatabase('start');
    engine = await TestEngine.start(own.url, { clock, isQueueing: true });
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  });

  /** What a dispatcher would put into the queue. */
  async function takeJobs(): Promise<Job[]> {
    const { rows } = await engine.database.query<Job>(
      `delete from tidegate.outbox
       returning run_key as "runKey", ix, try_number as "tryNumber", nonce`,
    );
    return rows;
  }

  async function takeJob(): Promise<Job> {
    let jobs: Job[] = [];
    await vi.waitFor(
      async () => {
        jobs = await takeJobs();
        expect(jobs).toHaveLength(1);
      },
      { timeout: 5_000 },
    );
    return jobs[0]!;
  }

  const start = (worker: TestWorker, jobs: readonly Job[]): Promise<StartResponse> =>
    worker.post<StartResponse>('/execution/start', {
      workerId: worker.workerId,
      sessionId: worker.sessionId,
      jobs,
    });

  it('turns a job into one grant, whoever asks first, and a wrong or repeated one into none', async () => {
    await engine.register(sampleDag('queued', chainOf('a', 'b')));
    const [runKey = 0] = await engine.createRuns('queued');
    const job = await takeJob();
    expect(await engine.statesOf(runKey)).toEqual({ a: 'queued', b: 'none' });
    const one = new TestWorker(engine.app, 'one');
    const two = new TestWorker(engine.app, 'two');
    expect((await start(one, [{ ...job, nonce: `${job.nonce}0` }])).grants).toEqual([null]);
    const answers = await Promise.all([start(one, [job]), start(two, [job])]);
    const grants = answers.flatMap((answer) => answer.grants).filter((grant) => grant !== null);
    expect(grants).toHaveLength(1);
    expect(grants[0]).toMatchObject({ taskId: 'a', tryNumber: 1 });
    // Hand-over: the finish answer brings the dependent, which never enters the queue.
    const handed = (await one.finish(grants, SUCCESS, 1)).grants;
    expect(handed).toMatchObject([{ taskId: 'b', tryNumber: 1 }]);
    await one.finish(handed);
    expect(await engine.runState(runKey)).toBe('success');
    expect(await takeJobs()).toEqual([]);
    expect(await findMiscounts(engine.database)).toEqual([]);
  });

  it('offers a job again that the queue has lost', async () => {
    await engine.register(sampleDag('lost', { a: {} }));
    const [runKey = 0] = await engine.createRuns('lost');
    const lost = await takeJob();
    let again: Job[] = [];
    await vi.waitFor(
      async () => {
        clock.advance(1_000);
        await engine.core.settle();
        again = await takeJobs();
        expect(again).toHaveLength(1);
      },
      { timeout: 15_000, interval: 10 },
    );
    expect(again).toEqual([lost]);
    const worker = new TestWorker(engine.app, 'late');
    const { grants } = await start(worker, again);
    await worker.finish(grants.filter((grant) => grant !== null));
    expect((await start(worker, [lost])).grants).toEqual([null]);
    expect(await engine.runState(runKey)).toBe('success');
  });
});
