import assert from 'node:assert/strict';

import type { FastifyInstance } from 'fastify';

import type { TaskOutcome } from '../../src/dag/task-outcome.ts';
import type {
  ClaimResponse,
  FinishResponse,
  Grant,
  HeartbeatResponse,
  TaskKey,
} from '../../src/execution/contract.ts';
import { WORKER_TOKEN } from './test-engine.ts';

/** A worker by hand: claims, reports and heartbeats when the test says so. */
export class TestWorker {
  readonly app: FastifyInstance;
  readonly workerId: string;
  readonly sessionId: string;

  constructor(app: FastifyInstance, workerId = 'w1', sessionId = `${workerId}-${Math.random()}`) {
    this.app = app;
    this.workerId = workerId;
    this.sessionId = sessionId;
  }

  async claim(slots = 1, waitMs = 5_000): Promise<readonly Grant[]> {
    const answer = await this.post<ClaimResponse>('/execution/claim', {
      ...this.who(),
      queues: ['default'],
      slots,
      waitMs,
    });
    return answer.grants;
  }

  /** Claims exactly one and says which task it is. */
  async claimOne(): Promise<Grant> {
    const [grant] = await this.claim(1);
    assert(grant !== undefined, 'nothing was granted in time');
    return grant;
  }

  async finish(
    grants: readonly Grant[],
    outcome: TaskOutcome | ((grant: Grant) => TaskOutcome) = SUCCESS,
    slots = 0,
  ): Promise<FinishResponse> {
    const at = new Date().toISOString();
    return this.post<FinishResponse>('/execution/finish', {
      ...this.who(),
      results: grants.map((grant) => ({
        task: toKey(grant),
        outcome: typeof outcome === 'function' ? outcome(grant) : outcome,
        startedAt: at,
        endedAt: at,
      })),
      slots,
      queues: ['default'],
    });
  }

  heartbeat(grants: readonly Grant[], extra: object = {}): Promise<HeartbeatResponse> {
    const tasks = grants.map((grant) => ({ ...toKey(grant), ...extra }));
    return this.post<HeartbeatResponse>('/execution/heartbeat', { ...this.who(), tasks });
  }

  /** Works until `isDone`: every grant is answered at once with what `outcome` says. */
  async work(
    isDone: () => Promise<boolean>,
    outcome: (grant: Grant) => TaskOutcome,
    slots = 4,
  ): Promise<void> {
    while (!(await isDone())) {
      let grants = await this.claim(slots, 100);
      while (grants.length > 0) grants = (await this.finish(grants, outcome, slots)).grants;
    }
  }

  async post<T>(url: string, payload: object): Promise<T> {
    const answer = await this.app.inject({
      method: 'POST',
      url,
      headers: { authorization: `Bearer ${WORKER_TOKEN}` },
      payload,
    });
    assert.equal(answer.statusCode, 200, `${url}: ${answer.statusCode} ${answer.body}`);
    return answer.json<T>();
  }

  private who(): { workerId: string; sessionId: string } {
    return { workerId: this.workerId, sessionId: this.sessionId };
  }
}

export const SUCCESS: TaskOutcome = { kind: 'success', output: null };
export const FAILURE: TaskOutcome = {
  kind: 'failed',
  retriable: true,
  error: { name: 'Error', message: 'no' },
};

export function toKey(grant: Grant): TaskKey {
  const { runKey, ix, tryNumber, token } = grant;
  return { runKey, ix, tryNumber, token };
}
