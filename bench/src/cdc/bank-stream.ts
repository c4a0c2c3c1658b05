import type { NewRecord } from '@tidegate/engine/topic-log';

/** A fixed sequence of numbers in [0, 1): the same events in every run and on every machine. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface BankAccount {
  readonly id: number;
  readonly userId: number;
  readonly account: string;
}

const USERS = 20_000;
const FIRST_CHANGE_MS = Date.UTC(2026, 0, 1);
const INSERTS = 0.5;
const UPDATES = 0.35;
const MOVED = 0.3;

/**
 * Debezium events of `bankdb.bank_accounts`: 50 % inserts, 35 % updates, of which 30 % move the account to
 * another user, 15 % deletes, over 20,000 users. No tombstones.
 */
export class BankStream {
  readonly #random = createRandom(20_261_121);
  readonly #living: BankAccount[] = [];
  #lastId = 0;
  #position = 4;

  next(): NewRecord {
    const roll = this.#random();
    this.#position += 300;
    if (roll < INSERTS || this.#living.length === 0) return this.#insert();
    const place = Math.floor(this.#random() * this.#living.length);
    return roll < INSERTS + UPDATES ? this.#update(place) : this.#delete(place);
  }

  #insert(): NewRecord {
    this.#lastId += 1;
    const row = { id: this.#lastId, userId: this.#anyUser(), account: this.#anyAccount() };
    this.#living.push(row);
    return this.#event('c', null, row);
  }

  #update(place: number): NewRecord {
    const old = this.#living[place] as BankAccount;
    const userId = this.#random() < MOVED ? this.#anyUser() : old.userId;
    const row = { id: old.id, userId, account: this.#anyAccount() };
    this.#living[place] = row;
    return this.#event('u', old, row);
  }

  #delete(place: number): NewRecord {
    const old = this.#living[place] as BankAccount;
    const last = this.#living.pop() as BankAccount;
    if (last !== old) this.#living[place] = last;
    return this.#event('d', old, null);
  }

  #anyUser(): number {
    return 1 + Math.floor(this.#random() * USERS);
  }

  #anyAccount(): string {
    return `First Bank ${String(Math.floor(this.#random() * 1e9)).padStart(9, '0')}`;
  }

  #event(op: 'c' | 'u' | 'd', before: BankAccount | null, after: BankAccount | null): NewRecord {
    const changedAtMs = FIRST_CHANGE_MS + Math.floor(this.#position / 300);
    const id = (after ?? before)?.id ?? 0;
    const value =
      `{"before":${rowText(before, changedAtMs)},"after":${rowText(after, changedAtMs)},"source":{"version":"3.2.0.Final",` +
      `"connector":"mysql","name":"bank","ts_ms":${changedAtMs},"snapshot":"false","db":"bankdb","sequence":null,` +
      `"ts_us":${changedAtMs}000,"ts_ns":${changedAtMs}000000,"table":"bank_accounts","server_id":1,"gtid":null,` +
      `"file":"binlog.000003","pos":${this.#position},"row":0,"thread":12,"query":null},"transaction":null,"op":"${op}",` +
      `"ts_ms":${changedAtMs},"ts_us":${changedAtMs}123,"ts_ns":${changedAtMs}123456}`;
    return { key: Buffer.from(`{"id":${id}}`), value: Buffer.from(value) };
  }
}

function rowText(row: BankAccount | null, atMs: number): string {
  if (row === null) return 'null';
  return (
    `{"id":${row.id},"user_id":${row.userId},"account":"${row.account}","created_at":1767225600000,` +
    `"updated_at":"${new Date(atMs).toISOString()}"}`
  );
}
