import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { inflateSync } from 'node:zlib';

import type { TaskOutcome } from '@tidegate/engine/dag';
import {
  claimRequestSchema,
  EXECUTION_ROUTES,
  finishRequestSchema,
  heartbeatRequestSchema,
  logRequestSchema,
  startRequestSchema,
  type ClaimRequest,
  type Grant,
  type HeartbeatRequest,
  type LogLine,
  type TaskKey,
} from '@tidegate/engine/execution-contract';
import { z } from 'zod';

/**
 * The engine's side of the execution contract over queues in memory: enough to try a worker without a
 * database. It keeps leases, refuses stale reports and validates every body against the contract.
 */
export interface ExecutionDouble extends AsyncDisposable {
  readonly url: string;
  readonly reports: readonly Report[];
  readonly sessions: ReadonlySet<string>;
  readonly heartbeats: readonly HeartbeatRequest[];
  /** How often a route was called. */
  callsOf(route: string): number;
  enqueue(...grants: readonly Grant[]): void;
  /** By the polls that wait for grants. */
  slotsOffered(): number;
  reportOf(grant: Grant): Report | undefined;
  logOf(grant: Grant): LogLine[];
  logBytesOf(grant: Grant): number;
  /** Takes a running try from its worker. */
  revoke(grant: Grant): void;
  /** `away`: connections are cut. `silent`: requests are taken and never answered. */
  behave(how: 'well' | 'away' | 'silent'): void;
  /** Takes `log` calls without answering them, until the returned function is called. */
  holdLogs(): () => void;
}

export interface Report {
  readonly task: TaskKey;
  readonly outcome: TaskOutcome;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly verdict: 'accepted' | 'stale';
  readonly atMs: number;
}

export interface DoubleOptions {
  readonly leaseMs?: number;
  readonly bundles: ReadonlyMap<string, string>;
  /** What becomes ready when a task ends. */
  readonly dependents?: (task: TaskKey, outcome: TaskOutcome) => readonly Grant[];
  /** BullMQ lane: grants by nonce. */
  readonly startable?: ReadonlyMap<string, Grant>;
  /** Hands lost tries out again under a new token. (Default: true) */
  readonly requeueLost?: boolean;
}

export const WORKER_TOKEN = 'worker-token-of-the-test';

interface Poll {
  readonly request: ClaimRequest;
  readonly answer: (grants: readonly Grant[]) => void;
}

interface LoggedChunk {
  readonly sequence: number;
  readonly bytes: number;
  readonly lines: readonly LogLine[];
}

const keyText = (key: TaskKey): string => `${key.runKey}/${key.ix}/${key.tryNumber}/${key.token}`;

export async function startExecutionDouble(options: DoubleOptions): Promise<ExecutionDouble> {
  const double = new Double(options);
  await double.listen();
  return double;
}

class Double implements ExecutionDouble {
  readonly reports: Report[] = [];
  readonly sessions = new Set<string>();
  readonly heartbeats: HeartbeatRequest[] = [];
  readonly #options: DoubleOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #queue: Grant[] = [];
  /** By worker, the newest last. */
  readonly #sessionsOf = new Map<string, Set<string>>();
  readonly #calls = new Map<string, number>();
  readonly #held = new Map<string, { grant: Grant; untilMs: number }>();
  readonly #chunks = new Map<string, LoggedChunk[]>();
  #polls: Poll[] = [];
  #behaviour: 'well' | 'away' | 'silent' = 'well';
  #logsOpen = Promise.resolve();
  #nextToken = 1_000_000;
  url = '';

  constructor(options: DoubleOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  enqueue(...grants: readonly Grant[]): void {
    this.#queue.push(...grants);
    this.#servePolls();
  }

  slotsOffered(): number {
    return this.#polls.reduce((sum, { request }) => sum + request.slots, 0);
  }

  reportOf(grant: Grant): Report | undefined {
    return this.reports.find((report) => keyText(report.task) === keyText(grant));
  }

  logOf(grant: Grant): LogLine[] {
    const chunks = this.#chunks.get(keyText(grant)) ?? [];
    return chunks.sort((a, b) => a.sequence - b.sequence).flatMap((chunk) => chunk.lines);
  }

  logBytesOf(grant: Grant): number {
    return (this.#chunks.get(keyText(grant)) ?? []).reduce((sum, chunk) => sum + chunk.bytes, 0);
  }

  revoke(grant: Grant): void {
    this.#held.delete(keyText(grant));
  }

  behave(how: 'well' | 'away' | 'silent'): void {
    this.#behaviour = how;
    if (how === 'away') this.#sockets.forEach((socket) => socket.destroy());
  }

  holdLogs(): () => void {
    let release: () => void = () => undefined;
    this.#logsOpen = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#behaviour === 'away') {
      request.socket.destroy();
      return;
    }
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
    } catch {
      return;
    }
    if (this.#behaviour === 'silent') return;
    const text = Buffer.concat(pieces).toString('utf8');
    const url = new URL(request.url ?? '/', this.url);
    try {
      await this.#route({ request, response, url, body: text === '' ? null : JSON.parse(text) });
    } catch (err) {
      response.writeHead(err instanceof z.ZodError ? 400 : 500).end(String(err));
    }
  }

  async #route(call: Call): Promise<void> {
    const { url, request, response, body } = call;
    const route = Object.values(EXECUTION_ROUTES).find((path) => url.pathname.startsWith(path));
    const name = decodeURIComponent(url.pathname.slice((route ?? '').length + 1));
    const isTaskRoute =
      route === EXECUTION_ROUTES.connection || route === EXECUTION_ROUTES.variable;
    const bearer = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (isTaskRoute ? !bearer.startsWith('task-') : bearer !== WORKER_TOKEN) {
      response.writeHead(401).end();
      return;
    }
    const handlers: Partial<Record<string, () => void | Promise<void>>> = {
      [EXECUTION_ROUTES.claim]: () => this.#claim(call, claimRequestSchema.parse(body)),
      [EXECUTION_ROUTES.start]: () => this.#start(call, startRequestSchema.parse(body).jobs),
      [EXECUTION_ROUTES.heartbeat]: () => this.#heartbeat(call, heartbeatRequestSchema.parse(body)),
      [EXECUTION_ROUTES.finish]: () => this.#finish(call, finishRequestSchema.parse(body)),
      [EXECUTION_ROUTES.log]: () => this.#log(call, body),
      [EXECUTION_ROUTES.session]: () => this.#session(call),
      [EXECUTION_ROUTES.artefact]: () => void response.end(this.#options.bundles.get(name)),
      [EXECUTION_ROUTES.connection]: () => sendConnection(response, name),
      [EXECUTION_ROUTES.variable]: () => send(response, { id: name, value: 'variable-secret' }),
    };
    const handle = handlers[route ?? ''];
    this.#calls.set(route ?? '', this.callsOf(route ?? '') + 1);
    if (handle === undefined) response.writeHead(404).end();
    else await handle();
  }

  callsOf(route: string): number {
    return this.#calls.get(route) ?? 0;
  }

  #claim({ response }: Call, claim: ClaimRequest): void {
    const known = this.#sessionsOf.get(claim.workerId) ?? new Set();
    this.#sessionsOf.set(claim.workerId, known.add(claim.sessionId));
    if ([...known].at(-1) !== claim.sessionId) {
      const body = { code: 'SESSION_SUPERSEDED', message: 'a newer process took over' };
      response.writeHead(409).end(JSON.stringify(body));
      return;
    }
    this.#polls
      .filter((poll) => poll.request.workerId === claim.workerId)
      .forEach((poll) => poll.answer([]));
    const answer = (grants: readonly Grant[]): void => {
      this.#polls = this.#polls.filter((one) => one !== poll);
      clearTimeout(timer);
      send(response, { grants, leaseMs: this.#leaseMs });
    };
    const timer = setTimeout(() => answer([]), claim.waitMs).unref();
    const poll: Poll = { request: claim, answer };
    this.#polls.push(poll);
    response.on('close', () => {
      clearTimeout(timer);
      this.#polls = this.#polls.filter((one) => one !== poll);
    });
    this.#servePolls();
  }

  #servePolls(): void {
    for (const poll of [...this.#polls]) {
      if (this.#queue.length === 0) return;
      poll.answer(this.#grant(poll.request.slots));
    }
  }

  #grant(slots: number): Grant[] {
    const grants = this.#queue.splice(0, slots);
    for (const grant of grants) this.#hold(grant);
    return grants;
  }

  #hold(grant: Grant): void {
    this.#held.set(keyText(grant), { grant, untilMs: performance.now() + this.#leaseMs });
  }

  #start({ response }: Call, jobs: readonly { nonce: string }[]): void {
    const grants = jobs.map(({ nonce }) => this.#options.startable?.get(nonce) ?? null);
    for (const grant of grants) if (grant !== null) this.#hold(grant);
    send(response, { grants, leaseMs: this.#leaseMs });
  }

  #heartbeat({ response }: Call, beat: HeartbeatRequest): void {
    this.heartbeats.push(beat);
    const now = performance.now();
    const revoked = beat.tasks.filter((task) => {
      const held = this.#held.get(keyText(task));
      if (held === undefined || held.untilMs < now) return true;
      held.untilMs = now + this.#leaseMs;
      return false;
    });
    send(response, { leaseMs: this.#leaseMs, revoked: revoked.map(toKey) });
  }

  #finish({ response }: Call, finish: z.infer<typeof finishRequestSchema>): void {
    const results = finish.results.map(({ task, ...result }) => {
      const held = this.#held.get(keyText(task));
      const isHeld = held !== undefined && held.untilMs >= performance.now();
      const verdict = isHeld ? 'accepted' : 'stale';
      this.reports.push({ task, ...result, verdict, atMs: performance.now() });
      if (isHeld) this.#end(held.grant, result.outcome);
      return verdict;
    });
    send(response, { results, grants: this.#grant(finish.slots) });
    this.#servePolls();
  }

  #end(grant: Grant, outcome: TaskOutcome): void {
    this.#held.delete(keyText(grant));
    this.#queue.push(...(this.#options.dependents?.(toKey(grant), outcome) ?? []));
    if (outcome.kind !== 'lost' || this.#options.requeueLost === false) return;
    this.#nextToken += 1;
    this.#queue.push({ ...grant, token: this.#nextToken });
  }

  async #log({ response }: Call, body: unknown): Promise<void> {
    await this.#logsOpen;
    for (const { task, data, sequence, bytes } of logRequestSchema.parse(body).chunks) {
      const packed = Buffer.from(data, 'base64');
      if (packed.length > 65_536) throw new RangeError('chunk too large');
      const text = inflateSync(packed).toString('utf8');
      const lines = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as LogLine);
      const chunks = this.#chunks.get(keyText(task)) ?? [];
      chunks.push({ sequence, bytes, lines });
      this.#chunks.set(keyText(task), chunks);
    }
    response.writeHead(204).end();
  }

  #session({ response, url }: Call): void {
    const id = url.searchParams.get('sessionId') ?? '';
    this.sessions.add(id);
    response.writeHead(200).write(': open\n');
    const alive = setInterval(() => response.write(':\n'), 4_000).unref();
    response.on('close', () => {
      clearInterval(alive);
      this.sessions.delete(id);
    });
  }

  get #leaseMs(): number {
    return this.#options.leaseMs ?? 15_000;
  }
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly body: unknown;
}

function sendConnection(response: ServerResponse, id: string): void {
  const uri = 'postgres://dwuser:p%40ss-word@127.0.0.1:5432/bankdw';
  if (id === 'dw') send(response, { id, type: 'postgres', uri, extra: {} });
  else response.writeHead(404).end(JSON.stringify({ code: 'CONNECTION_UNKNOWN', message: id }));
}

function toKey({ runKey, ix, tryNumber, token }: TaskKey): TaskKey {
  return { runKey, ix, tryNumber, token };
}

function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
