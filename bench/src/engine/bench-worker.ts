import type {
  ClaimResponse,
  FinishRequest,
  FinishResponse,
  Grant,
  TaskKey,
} from '@tidegate/engine/execution-contract';
import { Agent, request } from 'undici';

export interface BenchWorkerOptions {
  readonly url: string;
  readonly token: string;
  readonly slots: number;
  /** Told of every start and every report answered. */
  readonly onStart?: (grant: Grant) => void;
}

const HEARTBEAT_MS = 5_000;

/**
 * A worker in this process whose tasks do nothing: what is left is the engine, HTTP included. Finishes are
 * batched by turns of the event loop, two requests in flight; every answer may bring grants.
 */
export class BenchWorker {
  readonly options: BenchWorkerOptions;
  readonly ended = new Map<string, number>();
  private readonly agent = new Agent({
    pipelining: 1,
    connections: 8,
    bodyTimeout: 0,
    headersTimeout: 0,
  });
  private readonly done: { grant: Grant; startedAt: string }[] = [];
  private readonly sessionId = `session-${process.pid}-${performance.now()}`;
  private readonly held = new Map<number, Grant>();
  private beat: NodeJS.Timeout | undefined;
  private inFlight = 0;
  private idle: number;
  private isPolling = false;
  private isScheduled = false;
  private isStopped = false;

  constructor(options: BenchWorkerOptions) {
    this.options = options;
    this.idle = options.slots;
  }

  start(): void {
    void this.poll();
    this.beat = setInterval(() => void this.heartbeat(), HEARTBEAT_MS);
  }

  /** When the report of a task was answered; waits for the answer, which may come after the state is readable. */
  async endOf(runKey: number, ix: number): Promise<number> {
    for (;;) {
      const at = this.ended.get(`${runKey}/${ix}`);
      if (at !== undefined) return at;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.beat);
    await this.agent.destroy();
  }

  private async heartbeat(): Promise<void> {
    const tasks = [...this.held.values()].map(toKey);
    await this.post('/execution/heartbeat', {
      workerId: 'bench',
      sessionId: this.sessionId,
      tasks,
    }).catch((thrown: unknown) => {
      if (!this.isStopped) throw thrown;
    });
  }

  private async poll(): Promise<void> {
    if (this.isPolling || this.idle === 0 || this.isStopped) return;
    this.isPolling = true;
    const slots = this.idle;
    this.idle -= slots;
    try {
      const { grants } = await this.post<ClaimResponse>('/execution/claim', {
        workerId: 'bench',
        sessionId: this.sessionId,
        queues: ['default'],
        slots,
        waitMs: 25_000,
      });
      this.idle += slots - grants.length;
      this.isPolling = false;
      this.take(grants);
    } catch (thrown) {
      this.isPolling = false;
      this.idle += slots;
      if (!(this.isStopped as boolean)) throw thrown;
      return;
    }
    void this.poll();
  }

  private take(grants: readonly Grant[]): void {
    const startedAt = new Date().toISOString();
    for (const grant of grants) {
      this.options.onStart?.(grant);
      this.held.set(grant.token, grant);
      this.done.push({ grant, startedAt });
    }
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled || this.done.length === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      if (this.inFlight < 2) void this.finish();
    });
  }

  private async finish(): Promise<void> {
    const batch = this.done.splice(0, 1_000);
    if (batch.length === 0) return;
    this.inFlight += 1;
    const endedAt = new Date().toISOString();
    const slots = batch.length + this.idle;
    this.idle = 0;
    const body: FinishRequest = {
      workerId: 'bench',
      sessionId: this.sessionId,
      results: batch.map(({ grant, startedAt }) => ({
        task: toKey(grant),
        outcome: { kind: 'success', output: null },
        startedAt,
        endedAt,
      })),
      slots,
      queues: ['default'],
    };
    const answer = await this.post<FinishResponse>('/execution/finish', body);
    this.inFlight -= 1;
    const now = performance.now();
    for (const { grant } of batch) {
      this.ended.set(`${grant.runKey}/${grant.ix}`, now);
      this.held.delete(grant.token);
    }
    if (answer.results.includes('stale')) throw new Error('a report of the bench went stale');
    this.idle += slots - answer.grants.length;
    this.take(answer.grants);
    this.schedule();
    void this.poll();
  }

  private async post<T>(path: string, body: unknown): Promise<T> {
    const answer = await request(new URL(path, this.options.url), {
      method: 'POST',
      dispatcher: this.agent,
      headers: {
        authorization: `Bearer ${this.options.token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text) as T;
  }
}

function toKey(grant: Grant): TaskKey {
  const { runKey, ix, tryNumber, token } = grant;
  return { runKey, ix, tryNumber, token };
}
