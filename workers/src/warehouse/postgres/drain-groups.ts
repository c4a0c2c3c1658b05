import { failpoint } from '@tidegate/engine/platform';
import type pg from 'pg';

import { loadError } from './errors.ts';
import { throughOutages, type WaitContext } from './waiting.ts';
import { deletedTable, dirtyTable } from './load-target.ts';
import { DRAIN_LOCK } from './private-schema.ts';
import { SessionPool } from './session-pool.ts';
import { Session } from './session.ts';
import { columnList, identifier, literal, tableName } from './sql-text.ts';

export interface DrainOptions {
  readonly uri: string;
  readonly connection: string;
  readonly current: string;
  readonly stats: string;
  readonly group: readonly string[];
  /** Column of the statistics to an aggregate over the current rows of a group, which are `c`. */
  readonly columns: Readonly<Record<string, string>>;
}

export type DrainSummary = { readonly groups: number; readonly removed: number };

const pool = new SessionPool<DrainTarget>(60_000);

/**
 * Recomputes the statistics of all dirty groups from current, in one statement: whatever it sees of the
 * dirty rows, it sees current at the same moment, and what a load commits meanwhile stays dirty. Never
 * incremented, so that it may run at any time, twice, or not at all for a while.
 */
export async function drainGroups(
  context: WaitContext,
  options: DrainOptions,
): Promise<DrainSummary> {
  const key = JSON.stringify(options);
  const what = `PostgreSQL ${options.connection}`;
  return throughOutages(context, what, async () => {
    const session = await pool.borrow(key, () => openDrainSession(options));
    const onAbort = (): void => session.destroy();
    context.signal.addEventListener('abort', onAbort);
    try {
      if (!session.prepared.isLoaded) return await nothingLoaded(session);
      const rows = await session.run(drainMessage(options));
      failpoint('stats.before-commit');
      await session.run('commit');
      failpoint('stats.after-commit');
      pool.giveBack(key, session);
      const { groups, removed } = rows[0] as { groups: string; removed: string };
      return { groups: Number(groups), removed: Number(removed) };
    } catch (error) {
      await session.close();
      throw error;
    } finally {
      context.signal.removeEventListener('abort', onAbort);
    }
  });
}

interface DrainTarget {
  readonly isLoaded: boolean;
}

/** Before the first load there are no groups, and none of our tables either. */
function openDrainSession(options: DrainOptions): Promise<Session<DrainTarget>> {
  return Session.open(options.uri, async (client) => {
    const isLoaded = await hasDirtyTable(client, options);
    if (isLoaded) await client.query(drainStatement(options));
    return { isLoaded };
  });
}

async function nothingLoaded(session: Session<DrainTarget>): Promise<DrainSummary> {
  await session.close();
  return { groups: 0, removed: 0 };
}

/** False before the first load. Throws `GROUP_UNKNOWN` when the loads keep no such groups. */
async function hasDirtyTable(
  client: pg.Client,
  { current, group }: DrainOptions,
): Promise<boolean> {
  const table = tableName(current);
  const found = async (name: string): Promise<boolean> => {
    const { rows } = await client.query<{ isThere: boolean }>(
      `select to_regclass(${literal(name)}) is not null as "isThere"`,
    );
    return rows[0]?.isThere === true;
  };
  if (await found(dirtyTable(table, group))) return true;
  if (!(await found(deletedTable(table)))) return false;
  throw loadError(
    'GROUP_UNKNOWN',
    `${table.sql} is loaded without groups by ${group.join(', ')}: name them under \`groups\` of its loadChanges, ` +
      `then load something`,
  );
}

/** A message of several statements is one transaction; the lock has a statement of its own, and ends with it. */
function drainMessage({ current }: DrainOptions): string {
  const target = `(select id from tidegate.target where name = '${tableName(current).word}')`;
  return `begin; select pg_advisory_xact_lock(${DRAIN_LOCK}, ${target}); execute tg_drain`;
}

function drainStatement({ current, stats, group, columns }: DrainOptions): string {
  const table = tableName(current);
  const names = Object.keys(columns);
  const sameGroup = (alias: string): string =>
    group.map((name) => `${alias}.${identifier(name)} = k.${identifier(name)}`).join(' and ');
  const aggregates = names.map((name) => `, ${columns[name] ?? 'null'} as ${identifier(name)}`);
  const changes = names.map((name) => `${identifier(name)} = excluded.${identifier(name)}`);
  return `
prepare tg_drain as
with drained as (delete from ${dirtyTable(table, group)} returning ${columnList(group)}),
keys as (select distinct ${columnList(group)} from drained),
fresh as (
  select ${columnList(group, 'k.')}, count(c._v1) as _rows${aggregates.join('')}
  from keys k left join ${table.sql} c on ${sameGroup('c')}
  group by ${columnList(group, 'k.')}),
removed as (
  delete from ${tableName(stats).sql} s using fresh k
  where k._rows = 0 and ${sameGroup('s')}
  returning 1),
written as (
  insert into ${tableName(stats).sql} (${columnList([...group, ...names])})
  select ${columnList([...group, ...names])} from fresh where _rows > 0
  on conflict (${columnList(group)}) do ${changes.length === 0 ? 'nothing' : `update set ${changes.join(', ')}`}
  returning 1)
select (select count(*) from fresh) as groups, (select count(*) from removed) as removed,
  (select count(*) from written) as written`;
}
