import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { findFreePort } from '@tidegate/standalone/services';
import pg from 'pg';

import { profiling, stopProcess } from '../child.ts';
import type { WorkloadContext } from '../workload.ts';
import { build } from './build.ts';
import { RunEnds } from './run-ends.ts';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BENCH_DAGS = path.join(ROOT, 'bench', 'src', 'dags');

/** The whole product as `npm start` runs it: built, with its own worker and task processes. */
export interface Product {
  readonly pid: number;
  readonly readyMs: number;
  /** What it says about itself, a line each. */
  readonly said: readonly string[];
  readonly metadataUrl: string;
  /** `bankdw` of the embedded PostgreSQL. */
  readonly warehouseUrl: string;
  readonly metadata: pg.Client;
  readonly runEnds: RunEnds;
  /** Asks for a run over the HTTP API and answers its run id. */
  trigger(dagId: string): Promise<string>;
  stop(): Promise<void>;
}

const READY_MS = 120_000;

/** Measures on a product in a home of its own with what it embeds, as `npm start` has it; stops it again. */
export async function withProduct<Result>(
  context: WorkloadContext,
  environment: Readonly<Record<string, string>>,
  measure: (product: Product) => Promise<Result>,
): Promise<Result> {
  const product = await startProduct(context, environment);
  try {
    return await measure(product);
  } finally {
    await product.stop();
  }
}

/** The pipelines of the bench, and nothing captured. */
export const NO_OP_TASKS = { TIDEGATE_CAPTURE: 'off', TIDEGATE_DAGS_FOLDER: BENCH_DAGS };

async function startProduct(
  { services, lane }: WorkloadContext,
  environment: Readonly<Record<string, string>>,
): Promise<Product> {
  build(ROOT);
  const home = mkdtempSync(path.join(os.tmpdir(), 'tidegate-bench-home-'));
  const port = await findFreePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...profiling(), 'standalone/dist/run-standalone.js'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...ordinaryEnvironment(),
      TIDEGATE_HOME: home,
      TIDEGATE_PORT: String(port),
      ...(lane === 'bullmq' ? { TIDEGATE_REDIS_URL: await services.redisUrl() } : {}),
      ...environment,
    },
  });
  const said = await untilReady(child).catch(async (error: unknown) => {
    await stopProcess(child);
    throw error;
  });
  const readyMs = performance.now() - startedAt;
  const { token } = readHome(home, 'run.json') as { readonly token: string };
  const { metadataUrl, warehouseUrl } = embeddedUrls(home);
  const metadata = new pg.Client({ connectionString: metadataUrl });
  metadata.on('error', () => undefined);
  await metadata.connect();
  const runEnds = await RunEnds.listen(metadataUrl);
  const url = `http://127.0.0.1:${port}`;
  return {
    pid: child.pid ?? 0,
    readyMs,
    said,
    metadataUrl,
    warehouseUrl,
    metadata,
    runEnds,
    trigger: (dagId) => trigger(url, token, dagId),
    stop: async () => {
      await runEnds.close();
      await metadata.end();
      await stopProcess(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** As a person reaches them: over TCP. */
function embeddedUrls(home: string): {
  readonly metadataUrl: string;
  readonly warehouseUrl: string;
} {
  const { postgres } = readHome(home, 'ports.json') as { readonly postgres: number };
  const { postgresPassword } = readHome(home, 'secrets.json') as {
    readonly postgresPassword: string;
  };
  const own = `tidegate:${encodeURIComponent(postgresPassword)}`;
  return {
    metadataUrl: `postgres://${own}@127.0.0.1:${postgres}/tidegate`,
    warehouseUrl: `postgres://dwuser:dwpassword@127.0.0.1:${postgres}/bankdw`,
  };
}

function readHome(home: string, name: string): unknown {
  return JSON.parse(readFileSync(path.join(home, name), 'utf8'));
}

/** The environment without what would configure the product. */
export function ordinaryEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('TIDEGATE_')),
  );
}

export function untilReady(child: ChildProcess): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`not ready in time:\n${text}`)), READY_MS);
    child.once('exit', (code) => reject(new Error(`it ended with ${code}:\n${text}`)));
    child.stderr?.on('data', (data: Buffer) => {
      text += data.toString();
      if (!text.includes('tidegate: ready')) return;
      clearTimeout(timer);
      resolve(text.split('\n'));
      child.stderr?.removeAllListeners('data').pipe(process.stderr);
    });
  });
}

/** A fresh database on a server that belongs to this call of the bench; it goes with the server. */
export async function createDatabase(postgresUrl: string, prefix: string): Promise<string> {
  const name = `${prefix}_${process.pid}_${Date.now()}`;
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function trigger(url: string, token: string, dagId: string): Promise<string> {
  const answer = await fetch(`${url}/api/v2/dags/${dagId}/dagRuns`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  if (!answer.ok) throw new Error(await answer.text());
  return ((await answer.json()) as { dag_run_id: string }).dag_run_id;
}
