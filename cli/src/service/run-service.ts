import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import { countProcess, type Refresh, serveMetrics } from '@tidegate/engine/metrics';
import { createLogger, type Logger, metricsPort, TidegateError } from '@tidegate/engine/platform';
import { startTracing } from '@tidegate/engine/tracing';
import { takeLock } from '@tidegate/standalone/process';

import { EXIT, type ExitCode } from '../errors.ts';
import { readServiceConfig, type ServiceConfig, type ServiceName } from './config.ts';
import { keepHealthFile } from './health-file.ts';

/** A service that runs. */
export interface RunningService {
  /** Where it listens or what it reads, in a few words for the ready line. */
  readonly summary: string;
  stop(): Promise<void>;
  /** Resolves when it ended by itself, with why. Never rejects. */
  readonly ended?: Promise<Error | undefined>;
  /** Brings the gauges of the metadata up to date, where a service can. */
  readonly refresh?: Refresh;
}

export type StartService = (config: ServiceConfig, logger: Logger) => Promise<RunningService>;

const say = (text: string) => process.stderr.write(`${text}\n`);

/**
 * Runs one service until SIGTERM, SIGINT or its own end; a second signal ends it at once. What a person can
 * mend is told in a line. Logs are JSON lines on standard error.
 */
export async function runService(service: ServiceName, start: StartService): Promise<never> {
  process.exit(await runToEnd(service, start));
}

async function runToEnd(service: ServiceName, start: StartService): Promise<ExitCode> {
  try {
    const config = readServiceConfig(service);
    const release = holdHome(config.home, service);
    const stopping = waitForSignal();
    const logger = createLogger(service, config.logLevel);
    const stopTracing = await startTracing(service);
    const running = await startCounted(service, () => start(config, logger));
    const metrics = await tellMetrics(config, running, logger);
    const health = keepHealthFile(config.home, service);
    say(`tidegate ${service}: ready  ${running.summary}`);
    const fault = await Promise.race([stopping, running.ended ?? stopping]);
    health.close();
    if (fault === undefined) say(`tidegate ${service}: stopping (again: at once) …`);
    await running.stop();
    await metrics?.stop();
    await stopTracing();
    release();
    if (fault !== undefined) throw fault;
    say(`tidegate ${service}: stopped`);
    return EXIT.ok;
  } catch (error) {
    if (!isExpected(error)) throw error;
    say(`tidegate ${service}: ${error.message}`);
    return EXIT.unexpected;
  }
}

async function startCounted(
  service: ServiceName,
  start: () => Promise<RunningService>,
): Promise<RunningService> {
  if (metricsPort !== undefined) countProcess(service);
  return start();
}

/** Serves what this process counts where `TIDEGATE_METRICS_PORT` says; nothing where it says nothing. */
async function tellMetrics({ host }: ServiceConfig, { refresh }: RunningService, logger: Logger) {
  if (metricsPort === undefined) return undefined;
  return serveMetrics({
    host,
    port: metricsPort,
    refresh: refresh === undefined ? [] : [refresh],
    logger,
  });
}

/** One service of a kind to a home: two workers of one home would take over each other's work. */
function holdHome(home: string, service: ServiceName): () => void {
  mkdirSync(home, { recursive: true });
  const lock = path.join(home, `${service}.lock`);
  takeLock(lock);
  return () => rmSync(lock, { force: true });
}

function waitForSignal(): Promise<undefined> {
  return new Promise((resolve) => {
    let isAsked = false;
    const onSignal = () => {
      if (isAsked) process.exit(EXIT.interrupted);
      isAsked = true;
      resolve(undefined);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

/** A bug keeps its stack; everything else is told in its own words. */
function isExpected(error: unknown): error is Error {
  if (error instanceof TidegateError) return error.code !== 'BUG';
  return error instanceof Error && 'code' in error;
}
