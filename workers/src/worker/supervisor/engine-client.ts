import { finished } from 'node:stream/promises';

import {
  EXECUTION_ROUTES,
  type ClaimRequest,
  type ClaimResponse,
  type FinishResponse,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type LogRequest,
  type StartRequest,
  type StartResponse,
} from '@tidegate/engine/execution-contract';
import { Agent, request, type Dispatcher } from 'undici';

import { EngineCallError, readErrorAnswer } from '../errors.ts';

export interface EngineAddress {
  /** Base URL of the execution API, without a path. */
  readonly executionUrl: string;
  readonly workerToken: string;
}

/** The supervisor's calls. Each rejects with an `EngineCallError`; whoever calls decides what to repeat. */
export interface EngineClient {
  readonly claim: (body: ClaimRequest, signal: AbortSignal) => Promise<ClaimResponse>;
  readonly start: (body: StartRequest) => Promise<StartResponse>;
  readonly heartbeat: (body: HeartbeatRequest, timeoutMs: number) => Promise<HeartbeatResponse>;
  /** `body` is the JSON text of a FinishRequest, put together result by result. */
  readonly finish: (body: string) => Promise<FinishResponse>;
  readonly log: (body: LogRequest) => Promise<void>;
  readonly artefact: (hash: string) => Promise<Buffer>;
  /** Resolves when the session is over: closed by the engine, or by `signal`. */
  readonly holdSession: (
    worker: SessionIdentity,
    stream: { readonly signal: AbortSignal; readonly onOpen: () => void },
  ) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface SessionIdentity {
  readonly workerId: string;
  readonly sessionId: string;
}

/** An answer that takes longer than this is taken for a dead connection. */
const ANSWER_MS = 10_000;
const POLL_SLACK_MS = 4_000;
/** The engine writes to a session every 4 s: one that stays silent is half open. */
const SESSION_SILENT_MS = 10_000;

/** Logs and bundles have connections of their own: they never stand in front of a finish. */
export function createEngineClient(address: EngineAddress): EngineClient {
  const control = createAgent(8);
  const bulk = createAgent(2);
  const call = createCall(address, { control, bulk });
  const post = async <Answer>(route: string, options: CallOptions): Promise<Answer> => {
    const answer = await call(route, options);
    return (await answer.body.json().catch((cause: unknown) => {
      throw new EngineCallError(`the answer to ${route} broke off`, { cause });
    })) as Answer;
  };
  return {
    claim: (body, signal) =>
      post(EXECUTION_ROUTES.claim, {
        body: JSON.stringify(body),
        signal,
        timeoutMs: body.waitMs + POLL_SLACK_MS,
      }),
    start: (body) => post(EXECUTION_ROUTES.start, { body: JSON.stringify(body) }),
    heartbeat: (body, timeoutMs) =>
      post(EXECUTION_ROUTES.heartbeat, { body: JSON.stringify(body), timeoutMs }),
    finish: (body) => post(EXECUTION_ROUTES.finish, { body }),
    log: async (body) => {
      const answer = await call(EXECUTION_ROUTES.log, { body: JSON.stringify(body), isBulk: true });
      await answer.body.dump();
    },
    artefact: async (hash) => {
      const route = `${EXECUTION_ROUTES.artefact}/${encodeURIComponent(hash)}`;
      const answer = await call(route, { method: 'GET', isBulk: true });
      return Buffer.from(await answer.body.arrayBuffer());
    },
    holdSession: async (worker, { signal, onOpen }) => {
      const query = new URLSearchParams({ ...worker }).toString();
      const route = `${EXECUTION_ROUTES.session}?${query}`;
      const answer = await call(route, { method: 'GET', signal, bodyTimeoutMs: SESSION_SILENT_MS });
      onOpen();
      // The body never ends while the session lives; what it holds says only that it does.
      await finished(answer.body.resume());
    },
    close: async () => {
      await Promise.all([control.destroy(), bulk.destroy()]);
    },
  };
}

type Call = (route: string, options: CallOptions) => Promise<Dispatcher.ResponseData>;

function createCall(
  { executionUrl, workerToken }: EngineAddress,
  agents: { readonly control: Agent; readonly bulk: Agent },
): Call {
  const base = executionUrl.replace(/\/+$/, '');
  const headers = {
    authorization: `Bearer ${workerToken}`,
    'content-type': 'application/json',
  };
  return async (route, options) => {
    const timeoutMs = options.timeoutMs ?? ANSWER_MS;
    const answer = await request(base + route, {
      dispatcher: options.isBulk === true ? agents.bulk : agents.control,
      method: options.method ?? 'POST',
      // A GET that announces a JSON body it does not have would be refused.
      headers: options.body === undefined ? { authorization: headers.authorization } : headers,
      body: options.body ?? null,
      headersTimeout: timeoutMs,
      bodyTimeout: options.bodyTimeoutMs ?? timeoutMs,
      signal: options.signal ?? null,
    }).catch((cause: unknown) => {
      throw new EngineCallError(`${route} got no answer from ${base}`, { cause });
    });
    if (answer.statusCode < 300) return answer;
    const text = (await answer.body.text().catch(() => '')).slice(0, 500);
    throw new EngineCallError(`${route} was answered ${answer.statusCode}: ${text}`, {
      status: answer.statusCode,
      answerCode: readErrorAnswer(text).code,
    });
  };
}

interface CallOptions {
  readonly method?: 'GET' | 'POST';
  readonly body?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly bodyTimeoutMs?: number;
  readonly isBulk?: boolean;
}

function createAgent(connections: number): Agent {
  return new Agent({
    connections,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    connect: { timeout: 5_000 },
  });
}
