import { TidegateError } from '../platform/errors.ts';
import { ASK_MS, type PostgresClient } from '../platform/silent-postgres.ts';
import { STORE_ERRORS } from './errors.ts';
import { isConnectionLoss } from './pg-errors.ts';

const IS_STANDBY = 'select pg_is_in_recovery() as "isStandby"';
const TIMELINE = 'select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline';

/**
 * Notices that the database is not the one it was: a standby was promoted in its place, or it was recovered to a point
 * in time. Both begin a new timeline (PostgreSQL's manual, 25.3.6), and both may lack what was acknowledged last:
 * whoever remembers what the database does not know must forget it. Where the server does not tell its timeline, nothing
 * is noticed.
 */
export class TimelineWatch {
  private readonly listeners: (() => void)[] = [];
  /** Null until it is told. */
  current: string | null = null;

  /** Has `listener` called when the timeline has changed, before anything is done on the new one. */
  onChanged(listener: () => void): void {
    this.listeners.push(listener);
  }

  /**
   * Asks over a connection that was just opened, before it is used. A standby is refused as an outage is: it writes
   * nothing until it is promoted.
   */
  async check(client: PostgresClient): Promise<void> {
    const [{ isStandby } = {}] = await ask<{ isStandby: boolean }>(client, IS_STANDBY);
    if (isStandby === true) {
      throw new TidegateError(
        STORE_ERRORS.unavailable,
        'the metadata database is a standby, which writes nothing until it is promoted',
        { retriable: true },
      );
    }
    const timeline = await askTimeline(client);
    const before = this.current;
    this.current = timeline ?? before;
    if (before === null || before === this.current) return;
    for (const listener of this.listeners) listener();
  }
}

/** Null where the server does not tell: hosted ones refuse in many ways (not supported, not allowed, not in this state). */
async function askTimeline(client: PostgresClient): Promise<string | null> {
  try {
    const [row] = await ask<{ timeline: string }>(client, TIMELINE);
    return row?.timeline ?? null;
  } catch (thrown) {
    if (isConnectionLoss(thrown)) throw thrown;
    return null;
  }
}

async function ask<Row>(client: PostgresClient, text: string): Promise<readonly Row[]> {
  const { rows } = await client.query({ text, query_timeout: ASK_MS });
  return rows as readonly Row[];
}
