import type { Sql } from './db.ts';

export interface SessionRow {
  readonly sessionKey: number;
  /** Void: closed, expired and swept, or superseded by a newer session of the same worker. */
  readonly isEnded: boolean;
}

/**
 * Registers a session or finds it. A new session of a worker ends its predecessors: their keys are answered,
 * so that their tries can be given up at once.
 */
export async function openSession(
  sql: Sql,
  session: {
    readonly kind: 'scheduler' | 'worker';
    readonly name: string;
    readonly sessionId: string;
    readonly queues: readonly string[];
    readonly now: Date;
    readonly leaseMs: number;
  },
): Promise<SessionRow & { readonly superseded: readonly number[] }> {
  const result = await sql.query<{ key: number; ended: boolean; superseded: number[] }>(
    `with own as (
       insert into tidegate.instance as own
         (kind, name, session_id, started_at, heartbeat_at, lease_until, queues)
       values ($1, $2, $3, $4::timestamptz, $4::timestamptz, $4::timestamptz + $5 * interval '1 millisecond', $6)
           on conflict (session_id) do update
          -- A lease that ran out is taken up again, unless a newer session of the name took over.
          set ended_at = case
                when exists (
                  select from tidegate.instance as newer
                   where newer.kind = own.kind and newer.name = own.name
                     and newer.instance_key > own.instance_key
                ) then own.ended_at
              end,
              lease_until = excluded.lease_until
       returning instance_key, ended_at, xmax = 0 as is_new
     ),
     old as (
       update tidegate.instance as old
          set ended_at = $4
         from own
        where old.kind = $1 and old.name = $2 and old.ended_at is null
          and own.is_new and old.instance_key <> own.instance_key
       returning old.instance_key
     )
     select instance_key as key, ended_at is not null as ended,
            array(select instance_key from old) as superseded
       from own`,
    [
      session.kind,
      session.name,
      session.sessionId,
      session.now,
      session.leaseMs,
      [...session.queues],
    ],
  );
  const row = result.rows[0];
  return {
    sessionKey: row?.key ?? 0,
    isEnded: row?.ended ?? true,
    superseded: row?.superseded ?? [],
  };
}

/** Renews a lease and notes what it covers. False when the session is void. */
export async function renewSession(
  sql: Sql,
  beat: {
    readonly sessionKey: number;
    readonly now: Date;
    readonly leaseMs: number;
    readonly held: readonly number[];
  },
): Promise<boolean> {
  const result = await sql.query(
    `update tidegate.instance
        set heartbeat_at = $2, lease_until = $2::timestamptz + $3 * interval '1 millisecond', held = $4
      where instance_key = $1 and ended_at is null`,
    [beat.sessionKey, beat.now, beat.leaseMs, [...beat.held]],
  );
  return result.rowCount === 1;
}

export async function endSession(sql: Sql, sessionKey: number, now: Date): Promise<void> {
  await sql.query(
    'update tidegate.instance set ended_at = $2 where instance_key = $1 and ended_at is null',
    [sessionKey, now],
  );
}

/**
 * Ends schedulers that are silent, forgets what ended a month ago. Workers' sessions stay: one that only
 * waits for work sends no beats. Answers how many other schedulers are alive.
 */
export async function sweepSessions(sql: Sql, own: number, now: Date): Promise<number> {
  await sql.query(
    `update tidegate.instance set ended_at = $1
      where kind = 'scheduler' and ended_at is null and lease_until < $1`,
    [now],
  );
  await sql.query(
    `delete from tidegate.instance where lease_until < $1::timestamptz - interval '30 days'`,
    [now],
  );
  const result = await sql.query<{ others: number }>(
    `select count(*) as others
       from tidegate.instance
      where kind = 'scheduler' and ended_at is null and instance_key <> $1`,
    [own],
  );
  return result.rows[0]?.others ?? 0;
}
