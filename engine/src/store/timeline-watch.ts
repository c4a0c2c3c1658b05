import { TidegateError } from '../platform/errors.ts';
import { ASK_MS, type PostgresClient } from '../platform/silent-postgres.ts';
import { STORE_ERRORS } from './errors.ts';
import { errorCode } from './pg-errors.ts';

const TIMELINE = `
select pg_is_in_recovery() as "isStandby",
       case when not pg_is_in_recovery()
            then substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end as timeline`;

interface TimelineRow {
  readonly isStandby: boolean;
  readonly timeline: string | null;
}

/** What a hosted PostgreSQL may answer: not supported, not allowed, not there. */
const NOT_OFFERED: ReadonlySet<string | undefined> = new Set(['0A000', '42501', '42883']);

/**
 * Notices that the database is not the one it was: a standby was promoted in its place, or it was recovered to a point
 * in time. Both begin a new timeline (PostgreSQL's manual, 25.3.6), and both may lack what was acknowledged last:
 * whoever remembers what the database does not know must forget it. Where the server does not tell its timeline, nothing
 * is noticed.
 */
export class TimelineWatch {
  private readonly listeners: (() => void)[] = [];
  private timeline: string | null = null;

  /** Has `listener` called when the timeline has changed, before anything is done on the new one. */
  onChanged(listener: () => void): void {
    this.listeners.push(listener);
  }

  /**
   * Asks over a connection that was just opened, before it is used. A standby is refused as an outage is: it writes
   * nothing until it is promoted.
   */
  async check(client: PostgresClient): Promise<void> {
    const { isStandby, timeline } = await ask(client);
    if (isStandby) {
      throw new TidegateError(
        STORE_ERRORS.unavailable,
        'the metadata database is a standby: it is waited for until it is promoted',
        { retriable: true },
      );
    }
    const before = this.timeline;
    this.timeline = timeline ?? before;
    if (before === null || before === this.timeline) return;
    for (const listener of this.listeners) listener();
  }
}

async function ask(client: PostgresClient): Promise<TimelineRow> {
  try {
    const { rows } = await client.query({ text: TIMELINE, query_timeout: ASK_MS });
    return rows[0] as TimelineRow;
  } catch (thrown) {
    if (NOT_OFFERED.has(errorCode(thrown))) return { isStandby: false, timeline: null };
    throw thrown;
  }
}
