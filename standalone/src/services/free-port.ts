import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

import { ServiceError } from './errors.ts';

/**
 * Below the ports that Linux (from 32768) and the others (from 49152) give to whoever asks for any port or connects
 * somewhere: a server binds the port it was given seconds later, and until then no system gives it away. Two processes
 * that ask at once may choose the same, rarely.
 */
const LOWEST = 20_000;
const HIGHEST = 32_767;
const ATTEMPTS = 100;

const tried = new Set<number>();

/** A free TCP port of the loopback interface, another one at each call of a process. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (tried.has(port)) continue;
    // Before it is looked at: two calls at once would both find it free.
    tried.add(port);
    if (await isFree('127.0.0.1', port)) return port;
  }
  throw new ServiceError(
    'SERVICE_NOT_STARTED',
    `none of ${ATTEMPTS} ports tried between ${LOWEST} and ${HIGHEST} could be had on 127.0.0.1: stop what holds ` +
      'them, or let this process listen there',
  );
}

/** True when nothing listens on a port of this machine. */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, host, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
