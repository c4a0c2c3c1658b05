import pg from 'pg';

import {
  type Part,
  signal,
  type StandaloneUnderTest,
} from '../end-to-end/standalone-under-test.ts';
import type { Fault } from './nemesis.ts';

/** Our own programs. */
export const PROGRAMS = ['scheduler', 'worker', 'task', 'capture'] as const;
/** Servers `npm start` runs itself. */
export const SERVERS = ['postgres', 'mysql'] as const;

export function kills(standalone: StandaloneUnderTest, parts: readonly Part[]): Fault[] {
  return parts.map((part) => ({
    name: `kill -9 of ${part}`,
    weight: 3,
    strike: async () => {
      await standalone.kill(part);
    },
  }));
}

/** Stands still for a moment, with all its children. */
export function stops(standalone: StandaloneUnderTest, parts: readonly Part[]): Fault[] {
  return parts.map((part) => stop(standalone, { part, forMs: [500, 4_000] }));
}

/** Stands still beyond every lease and most timeouts. */
export function longStops(standalone: StandaloneUnderTest, parts: readonly Part[]): Fault[] {
  return parts.map((part) => stop(standalone, { part, forMs: [17_000, 22_000] }));
}

function stop(
  standalone: StandaloneUnderTest,
  { part, forMs }: { readonly part: Part; readonly forMs: readonly [number, number] },
): Fault {
  return {
    name: `SIGSTOP of ${part}, ${forMs[0] / 1_000} s or more`,
    weight: 1,
    strike: (random) => standalone.standStill(part, random.between(...forMs)),
  };
}

/** Whatever `npm start` was, it is gone and started again: killed alone, or with all its servers. */
export function restarts(standalone: StandaloneUnderTest): Fault[] {
  return [
    {
      name: 'kill -9 of everything',
      weight: 1,
      strike: async () => {
        await standalone.killAll();
        await standalone.start();
      },
    },
    {
      name: 'kill -9 of the parent',
      weight: 1,
      strike: async () => {
        signal(standalone.pid, 'SIGKILL');
        await standalone.start();
      },
    },
    {
      name: 'SIGTERM and start',
      weight: 1,
      strike: async () => {
        await standalone.stop();
        await standalone.start();
      },
    },
  ];
}

/** Ends half of the connections to a database, as its administrator would. */
export function terminations(urls: readonly (() => string)[]): Fault {
  return {
    name: 'pg_terminate_backend of every other connection',
    weight: 3,
    strike: async (random) => {
      const [first = () => '', ...others] = urls;
      const client = new pg.Client({ connectionString: random.pick([first, ...others])() });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and random() < 0.5`,
        );
      } catch {
        // The database is away: a fault of its own.
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  };
}
