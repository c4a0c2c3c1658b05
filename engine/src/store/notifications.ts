import pg from 'pg';

import { toError } from '../platform/errors.ts';
import { startHeartbeat } from '../platform/heartbeat.ts';
import type { Logger } from '../platform/log.ts';
import { destroyConnection } from '../platform/silent-postgres.ts';
import type { Sql } from './db.ts';
import type { ToldRun } from './runs/told-run.ts';

/**
 * Wake-ups between processes. `runs`: runs were created, cleared, unpaused. `made`: a run was made that holds
 * its slot; every scheduler begins it, the first one does. `dags`: DAGs were registered or paused, pools
 * changed. `ready`: task instances of the runs named wait for a worker of somebody else. Sent once a batch; a
 * lost one costs a sweep, nothing else.
 */
export type Notification =
  | { readonly kind: 'runs' }
  | { readonly kind: 'made'; readonly runKey: number; readonly run?: ToldRun }
  | { readonly kind: 'dags' }
  | { readonly kind: 'ready'; readonly runKeys: readonly number[] };

export const CHANNEL = 'tidegate';
/** PostgreSQL takes payloads below 8,000 bytes; more runs than this are left to the sweep. */
const MOST_RUNS = 400;
const RECONNECT_MS = 500;
const CONNECT_MS = 3_000;

export const NOTIFY = { name: 'notify', text: 'select pg_notify($1, $2)' } as const;

/** Inside a transaction it is sent with the commit. */
export async function notify(sql: Sql, notification: Notification): Promise<void> {
  await sql.query(NOTIFY.text, notificationValues(notification));
}

/** What `NOTIFY` takes. */
export function notificationValues(notification: Notification): [channel: string, payload: string] {
  const payload =
    notification.kind === 'ready'
      ? { ...notification, runKeys: notification.runKeys.slice(0, MOST_RUNS) }
      : notification;
  return [CHANNEL, JSON.stringify(payload)];
}

/**
 * Listens on a connection of its own and comes back after an outage, also of one that died without a word, then
 * wakes once for what was missed.
 */
export class NotificationListener {
  private readonly url: string;
  private readonly logger: Logger;
  private readonly wake: (notification: Notification) => void;
  private client: pg.Client | null = null;
  private stopHeartbeat: () => void = () => undefined;
  private isClosed = false;

  constructor(
    url: string,
    options: { readonly logger: Logger; readonly wake: (notification: Notification) => void },
  ) {
    this.url = url;
    this.logger = options.logger;
    this.wake = options.wake;
  }

  async open(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'tidegate listen',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: CONNECT_MS,
    });
    client.on('notification', ({ payload }) => this.receive(payload ?? ''));
    client.on('error', () => undefined);
    client.on('end', () => this.lose(client));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch (thrown) {
      destroyConnection(client);
      throw thrown;
    }
    this.client = client;
    this.stopHeartbeat = startHeartbeat(client, () => this.lose(client));
    if (this.isClosed) await this.close();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.stopHeartbeat();
    await this.client?.end().catch(() => undefined);
  }

  private receive(payload: string): void {
    try {
      this.wake(JSON.parse(payload) as Notification);
    } catch (thrown) {
      this.logger.warn({ err: toError(thrown), payload }, 'a notification was not understood');
    }
  }

  private lose(client: pg.Client): void {
    if (this.client !== client) return;
    this.client = null;
    this.stopHeartbeat();
    destroyConnection(client);
    this.reopen();
  }

  private reopen(): void {
    if (this.isClosed) return;
    setTimeout(() => {
      if (this.isClosed) return;
      this.open().then(
        // The widest of them: DAGs are read anew, and runs with them.
        () => this.wake({ kind: 'dags' }),
        () => this.reopen(),
      );
    }, RECONNECT_MS).unref();
  }
}
