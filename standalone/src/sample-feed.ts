import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

import type { Logger } from '@tidegate/engine/platform';
import type { NewRecord, TopicLog } from '@tidegate/engine/topic-log';

/**
 * Stands in for MySQL where none is installed: a small bank whose accounts open, change and close, written to
 * the topic as Debezium's events. It is said plainly at start that these are samples.
 */
export interface SampleFeed {
  stop(): Promise<void>;
}

export interface SampleFeedOptions {
  readonly topicLog: TopicLog;
  readonly topic: string;
  /** Keeps the accounts over restarts. */
  readonly stateFile: string;
  readonly logger: Logger;
  /** (Default: 1 s) */
  readonly everyMs?: number;
}

interface Account {
  readonly id: number;
  readonly user_id: number;
  readonly account: string;
  readonly created_at: number;
  readonly updated_at: string;
}

interface State {
  nextId: number;
  /** Grows with every event and never repeats: the events' position. */
  position: number;
  accounts: Account[];
}

const MOST_ACCOUNTS = 50;
const BANKS = ['Harbour Bank', 'Tide Savings', 'Lock & Quay', 'Northern Mutual'];

export async function startSampleFeed(options: SampleFeedOptions): Promise<SampleFeed> {
  await options.topicLog.ensureTopic(options.topic, { partitions: 3 });
  const feed = new Feed(options);
  feed.schedule();
  return { stop: () => feed.stop() };
}

class Feed {
  readonly #options: SampleFeedOptions;
  readonly #state: State;
  #timer: NodeJS.Timeout | undefined;
  #step: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: SampleFeedOptions) {
    this.#options = options;
    this.#state = readState(options.stateFile);
  }

  schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#step = this.#change()
        .catch((err: unknown) => {
          this.#options.logger.warn({ err }, 'a sample change could not be written');
        })
        .finally(() => {
          this.schedule();
        });
    }, this.#options.everyMs ?? 1_000);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#step;
  }

  // The position is kept before the event is written: a kill between the two leaves a gap, never a repeat.
  async #change(): Promise<void> {
    const records = nextChange(this.#state, Date.now());
    writeState(this.#options.stateFile, this.#state);
    await this.#options.topicLog.produce(this.#options.topic, records);
  }
}

/** Changes one account at random and answers the events a capture would have written. */
function nextChange(state: State, now: number): NewRecord[] {
  state.position += 100;
  const chance = Math.random();
  if (state.accounts.length < 5 || (chance < 0.5 && state.accounts.length < MOST_ACCOUNTS)) {
    return [open(state, now)];
  }
  const place = Math.floor(Math.random() * state.accounts.length);
  return chance < 0.85 ? [change(state, place, now)] : close(state, place, now);
}

function open(state: State, now: number): NewRecord {
  const id = state.nextId;
  state.nextId += 1;
  const account = {
    id,
    user_id: 1_001 + Math.floor(Math.random() * 10),
    account: randomAccount(),
    created_at: now * 1_000,
    updated_at: new Date(now).toISOString(),
  };
  state.accounts.push(account);
  return toEvent(state, 'c', { before: null, after: account, now });
}

function change(state: State, place: number, now: number): NewRecord {
  const before = state.accounts[place] as Account;
  const after = { ...before, account: randomAccount(), updated_at: new Date(now).toISOString() };
  state.accounts[place] = after;
  return toEvent(state, 'u', { before, after, now });
}

function close(state: State, place: number, now: number): NewRecord[] {
  const [before] = state.accounts.splice(place, 1) as [Account];
  const event = toEvent(state, 'd', { before, after: null, now });
  return [event, { key: event.key, value: null }];
}

interface Images {
  readonly before: Account | null;
  readonly after: Account | null;
  readonly now: number;
}

function toEvent(state: State, op: 'c' | 'u' | 'd', { before, after, now }: Images): NewRecord {
  const source = {
    version: 'sample',
    connector: 'mysql',
    name: 'bank',
    ts_ms: now,
    snapshot: 'false',
    db: 'bankdb',
    sequence: null,
    table: 'bank_accounts',
    server_id: 1,
    gtid: null,
    file: 'sample.000001',
    pos: state.position,
    row: 0,
    thread: null,
    query: null,
  };
  const envelope = { before, after, source, transaction: null, op, ts_ms: now };
  return {
    key: Buffer.from(JSON.stringify({ id: (after ?? before)?.id })),
    value: Buffer.from(JSON.stringify(envelope)),
  };
}

function randomAccount(): string {
  const bank = BANKS[Math.floor(Math.random() * BANKS.length)] ?? '';
  const digits = String(Math.floor(Math.random() * 1e9)).padStart(9, '0');
  return `${bank} ${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)}`;
}

function readState(file: string): State {
  if (!existsSync(file)) return { nextId: 1, position: 0, accounts: [] };
  return JSON.parse(readFileSync(file, 'utf8')) as State;
}

function writeState(file: string, state: State): void {
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}
