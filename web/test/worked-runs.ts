import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';

import { chainOf, sampleDag, type SampleTask } from '../../engine/test/engine/sample-dags.ts';
import { TestEngine, WORKER_TOKEN } from '../../engine/test/engine/test-engine.ts';
import { FAILURE, SUCCESS, TestWorker, toKey } from '../../engine/test/engine/test-worker.ts';
import type { TaskOutcome } from '@tidegate/engine/dag';
import type { Grant, LogLine } from '@tidegate/engine/execution-contract';
import type { ApiUnderTest } from './api-under-test.ts';

export { chainOf, FAILURE, SUCCESS };

/** A scheduler and a worker by hand beside the API, so that runs come to their end. */
export class WorkedRuns implements AsyncDisposable {
  readonly engine: TestEngine;
  private readonly api: ApiUnderTest;
  private readonly worker: TestWorker;

  private constructor(api: ApiUnderTest, engine: TestEngine) {
    this.api = api;
    this.engine = engine;
    this.worker = new TestWorker(engine.app);
  }

  static async start(api: ApiUnderTest): Promise<WorkedRuns> {
    return new WorkedRuns(api, await TestEngine.start(api.url));
  }

  async register(id: string, tasks: Readonly<Record<string, SampleTask>>): Promise<void> {
    await this.api.register(sampleDag(id, tasks));
  }

  /** Triggers a run over the API and works it out; tasks not named succeed. */
  async run(
    dagId: string,
    request: Record<string, unknown> = {},
    outcomes: Readonly<Record<string, TaskOutcome>> = {},
  ): Promise<string> {
    const { body } = await this.api.call({
      method: 'POST',
      url: `/api/v2/dags/${dagId}/dagRuns`,
      payload: request,
    });
    const runId = body['dag_run_id'] as string;
    await this.workOut(dagId, runId, outcomes);
    return runId;
  }

  /** Works until the run is over. */
  async workOut(
    dagId: string,
    runId: string,
    outcomes: Readonly<Record<string, TaskOutcome>> = {},
  ): Promise<void> {
    const isOver = async (): Promise<boolean> => {
      const url = `/api/v2/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}`;
      const { body } = await this.api.call({ url });
      return body['state'] === 'success' || body['state'] === 'failed';
    };
    await this.worker.work(isOver, (grant) => outcomes[grant.taskId] ?? SUCCESS);
  }

  /** Takes the next ready task and leaves it running. */
  claimOne(): Promise<Grant> {
    return this.worker.claimOne();
  }

  async finish(grant: Grant, outcome: TaskOutcome = SUCCESS): Promise<void> {
    await this.worker.finish([grant], outcome);
  }

  /** Stores lines of a try's log as one chunk, `firstLine` counted from 0. */
  async log(
    grant: Grant,
    chunk: { readonly sequence: number; readonly firstLine: number },
    lines: readonly LogLine[],
  ): Promise<void> {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const compressed = deflateSync(text).toString('base64');
    const answer = await this.engine.app.inject({
      method: 'POST',
      url: '/execution/log',
      headers: { authorization: `Bearer ${WORKER_TOKEN}` },
      payload: {
        workerId: this.worker.workerId,
        chunks: [
          {
            ...chunk,
            task: toKey(grant),
            lines: lines.length,
            bytes: Buffer.byteLength(text),
            highestLevel: lines.some((line) => line.level === 'error') ? 'error' : 'info',
            data: compressed,
          },
        ],
      },
    });
    assert.equal(answer.statusCode, 204, answer.body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
  }
}
