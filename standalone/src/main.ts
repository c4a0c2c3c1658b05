import { mkdirSync, openSync } from 'node:fs';
import path from 'node:path';

import { createLogger, TidegateError } from '@tidegate/engine/platform';

import { ChildFailure } from './child-process.ts';
import { readConfig } from './config.ts';
import { OWN_DAGS } from './own-dags.ts';
import { startStandalone, type Standalone } from './standalone.ts';

/** Runs everything until ctrl-C or SIGTERM; ends with one line and code 1 when it cannot start. */
export async function main(): Promise<void> {
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const startedAt = performance.now();
  const stopping = new AbortController();
  stopOnSignal(stopping, say);
  try {
    const config = readConfig(OWN_DAGS);
    const { fd: logFd, file } = openLogFile(config.home);
    const logger = createLogger('standalone', config.logLevel, logFd);
    const running = await startStandalone(config, { logger, logFd, say });
    say(`  log        ${file}`);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    say(`tidegate: ready in ${seconds} s  ${running.url}  (${running.summary})`);
    await untilAborted(stopping.signal);
    await stop(running, say);
  } catch (error) {
    if (!isExpected(error)) throw error;
    say(`tidegate: ${error.message}`);
    process.exit(1);
  }
}

/** Everything our processes log goes to one file of the home; the terminal is for the person. */
function openLogFile(home: string): { fd: number; file: string } {
  const file = path.join(home, 'logs', 'tidegate.log');
  mkdirSync(path.dirname(file), { recursive: true });
  return { fd: openSync(file, 'a'), file };
}

async function stop(running: Standalone, say: (text: string) => void): Promise<void> {
  say('tidegate: stopping (again: at once) …');
  await running.stop();
  say('tidegate: stopped');
  process.exit(0);
}

function stopOnSignal(stopping: AbortController, say: (text: string) => void): void {
  const onSignal = () => {
    if (stopping.signal.aborted) {
      say('tidegate: stopped at once; the next start repairs what was under way');
      process.exit(130);
    }
    stopping.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What a person can mend is told in a line; a bug keeps its stack. */
function isExpected(error: unknown): error is Error {
  return (error instanceof TidegateError && error.code !== 'BUG') || error instanceof ChildFailure;
}
