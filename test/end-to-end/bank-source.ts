import { setTimeout as delay } from 'node:timers/promises';

import mysql from 'mysql2/promise';

import { until } from './until.ts';

/** How many accounts the load moves among, and users that own them. */
const ACCOUNTS = 400;
const USERS = 40;
/** Ids of probes, out of the load's way. */
const FIRST_PROBE = 10_000_000;

/**
 * The bank's source database: a seeded load, and a record of every change kept by the database itself.
 *
 * Triggers write each change into `audit` in the change's own transaction, so that what happened is known
 * even where a kill left a client without an answer.
 */
export class BankSource implements AsyncDisposable {
  readonly #url: string;
  readonly #random: () => number;
  #connection: Promise<mysql.Connection> | undefined;
  #probe = FIRST_PROBE;
  #load: Promise<void> = Promise.resolve();
  #isLoading = false;
  changes = 0;

  constructor(url: string, seed: number) {
    this.#url = url;
    this.#random = mulberry(seed);
  }

  async prepare(): Promise<void> {
    for (const statement of AUDIT) await this.query(statement);
  }

  /** Changes rows at about `perSecond` until `stopLoad`, through outages of the server. */
  startLoad(perSecond = 120): void {
    this.#isLoading = true;
    this.#load = this.#runLoad(perSecond);
  }

  async stopLoad(): Promise<void> {
    this.#isLoading = false;
    await this.#load;
  }

  /** Inserts a row nobody else touches, as soon as the server takes it. Answers its id. */
  async insertProbe(): Promise<number> {
    this.#probe += 1;
    const id = this.#probe;
    await until('the source to take a row', async () => {
      try {
        await this.query(
          'insert ignore into bank_accounts (id, user_id, account) values (?, ?, ?)',
          [id, id, `probe ${id}`],
        );
        return true;
      } catch {
        return undefined;
      }
    });
    return id;
  }

  async query(statement: string, values: readonly unknown[] = []): Promise<mysql.RowDataPacket[]> {
    this.#connection ??= this.#connect();
    const used = this.#connection;
    try {
      const [rows] = await (await used).query<mysql.RowDataPacket[]>(statement, [...values]);
      return rows;
    } catch (error) {
      if (!isRefusal(error)) this.#drop(used);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopLoad();
    this.#drop();
  }

  async #runLoad(perSecond: number): Promise<void> {
    const startedAt = performance.now();
    for (let made = 0; this.#isLoading; made += 1) {
      try {
        await this.query(...this.#nextChange());
        this.changes += 1;
      } catch (error) {
        // A key that exists already, or a server that is away: the load goes on.
        if (!isRefusal(error)) await delay(50);
      }
      const aheadMs = startedAt + ((made + 1) * 1_000) / perSecond - performance.now();
      if (aheadMs > 1) await delay(aheadMs);
    }
  }

  #nextChange(): [string, unknown[]] {
    const pick = (below: number): number => 1 + Math.floor(this.#random() * below);
    const chance = this.#random();
    const id = pick(ACCOUNTS);
    const account = `Bänk 은행 🏦 ${pick(1_000_000)}`;
    if (chance < 0.4) {
      const row = [id, pick(USERS), account];
      return ['insert into bank_accounts (id, user_id, account) values (?, ?, ?)', row];
    }
    if (chance < 0.65) return ['update bank_accounts set account = ? where id = ?', [account, id]];
    if (chance < 0.8)
      return ['update bank_accounts set user_id = ? where id = ?', [pick(USERS), id]];
    if (chance < 0.85)
      return ['update bank_accounts set id = ? where id = ?', [pick(ACCOUNTS), id]];
    if (chance < 0.9) {
      const range = [pick(USERS), id, id + 5];
      return ['update bank_accounts set user_id = ? where id between ? and ?', range];
    }
    return ['delete from bank_accounts where id = ?', [id]];
  }

  async #connect(): Promise<mysql.Connection> {
    const connection = await mysql.createConnection({
      uri: this.#url,
      timezone: 'Z',
      dateStrings: true,
      // Integers a double cannot hold come as text.
      supportBigNumbers: true,
      connectTimeout: 2_000,
    });
    // The query under way says so as well, or the next one does.
    connection.on('error', () => undefined);
    return connection;
  }

  /** The next query connects anew. Only whom it failed drops it: another's query would never be answered. */
  #drop(connection = this.#connection): void {
    if (connection === this.#connection) this.#connection = undefined;
    void connection?.then(
      (open) => open.destroy(),
      () => undefined,
    );
  }
}

const changed = `not (old.id <=> new.id and old.user_id <=> new.user_id and old.account <=> new.account)`;
const kept = (operation: string, row: 'old' | 'new'): string =>
  `insert into audit (operation, id, user_id, account)
   values ('${operation}', ${row}.id, ${row}.user_id, ${row}.account)`;

/** A change of the key is a deletion and an insertion, as in the history. */
const AUDIT = [
  `create table audit (seq bigint auto_increment primary key, operation varchar(6) not null,
    id bigint not null, user_id bigint not null, account varchar(255) not null)`,
  `create trigger audit_insert after insert on bank_accounts for each row ${kept('INSERT', 'new')}`,
  `create trigger audit_delete after delete on bank_accounts for each row ${kept('DELETE', 'old')}`,
  `create trigger audit_update after update on bank_accounts for each row
   if ${changed} then
     if old.id = new.id then ${kept('UPDATE', 'new')};
     else ${kept('DELETE', 'old')}; ${kept('INSERT', 'new')};
     end if;
   end if`,
];

function isRefusal(error: unknown): boolean {
  return (error as { code?: string }).code === 'ER_DUP_ENTRY';
}

/** A small generator of random numbers in [0, 1) that repeats itself for a seed. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
