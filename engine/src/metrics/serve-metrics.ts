import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { MetricObject, Registry } from 'prom-client';

import type { Logger } from '../platform/log.ts';
import { prometheus, registry } from './registry.ts';

/** Brings gauges up to date before a scrape is answered. */
export type Refresh = () => Promise<void>;

/** Metrics of one process, as they cross to another. */
export type Metrics = readonly MetricObject[];

export interface MetricsServerOptions {
  /** (Default: loopback) */
  readonly host?: string;
  /** 0: a free one. */
  readonly port: number;
  readonly refresh?: readonly Refresh[];
  /** Metrics of further processes; one that does not answer is left out. */
  readonly others?: () => Promise<readonly Metrics[]>;
  readonly logger: Logger;
}

export interface MetricsServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A database that is away must not keep a scrape waiting: its gauges are left as they were. */
const REFRESH_WITHIN_MS = 2_000;

/** Counts what the process itself takes, too, and tells whose it is. Call it once a process. */
export function countProcess(component: string): void {
  registry().setDefaultLabels({ component });
  prometheus().collectDefaultMetrics({ register: registry() });
}

/** What this process counted. */
export async function readMetrics(): Promise<Metrics> {
  return registry().getMetricsAsJSON();
}

/** Serves `GET /metrics` on a listener of its own, so that neither console nor API can delay it. */
export async function serveMetrics(options: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((err: unknown) => {
      options.logger.warn({ err }, 'metrics were not told');
      response.writeHead(500).end();
    });
  });
  const { port, host = '127.0.0.1' } = options;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host}:${address.port}/metrics`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  options: MetricsServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.url?.split('?', 1)[0] !== '/metrics') {
    response.writeHead(404).end();
    return;
  }
  await Promise.all((options.refresh ?? []).map((refresh) => within(refresh(), options.logger)));
  const others = (await options.others?.()) ?? [];
  const text = await merge([await readMetrics(), ...others]).metrics();
  response
    .writeHead(200, { 'content-type': prometheus().Registry.PROMETHEUS_CONTENT_TYPE })
    .end(text);
}

/** One name has one description, whichever processes have it; their labels tell them apart. */
function merge(processes: readonly Metrics[]): Registry {
  return prometheus().AggregatorRegistry.aggregate([...processes]);
}

async function within(refreshing: Promise<void>, logger: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, REFRESH_WITHIN_MS);
  });
  const told = refreshing.catch((err: unknown) => {
    logger.warn({ err }, 'metrics of the metadata were not read');
  });
  await Promise.race([told, late]);
  clearTimeout(timer);
}
