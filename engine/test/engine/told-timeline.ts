import type { PostgresClient } from '../../src/platform/silent-postgres.ts';

/** A connection to a server that says so of itself; a promoted one is really met in `lagging-replica.fault.test.ts`. */
export function connectionTelling(answer: {
  readonly isStandby: boolean;
  readonly timeline: string | null;
}): PostgresClient {
  return { query: () => Promise.resolve({ rows: [answer] }), on: () => undefined };
}
