import { type Logger, toError } from '@tidegate/engine/platform';
import { type Database, type DagVersions, NotificationListener } from '@tidegate/engine/server';

import { ChangeReader } from './change-reader.ts';
import { EventBuffer, type FeedEvent } from './event-buffer.ts';

/** Between two looks: what happens meanwhile goes out together. */
const LOOK_MS = 200;
const LOOK_AFTER_FAILURE_MS = 1_000;
/** Looks go on after the last reader left, so that it may come back and miss nothing. */
const LINGER_MS = 60_000;
/**
 * A page reads what it shows before its event stream is connected: a new reader is told when something happened
 * in this time before it came, and not what: it may know that, and newer. The console asks for everything again
 * by itself where connecting took half of it.
 */
const BEFORE_MS = 10_000;

export interface EventFeedOptions {
  readonly database: Database;
  readonly versions: DagVersions;
  readonly logger: Logger;
  /** Milliseconds of a clock that only goes forward. (Default: since this process started) */
  readonly now?: () => number;
}

type Send = (event: FeedEvent) => void;

/** What happens to runs, for any number of readers; the database is read once for all, and only while there are any. */
export class EventFeed {
  readonly #logger: Logger;
  readonly #listener: NotificationListener;
  readonly #reader: ChangeReader;
  readonly #buffer = new EventBuffer();
  readonly #readers = new Map<Send, () => void>();
  readonly #now: () => number;
  #starting: Promise<void> | null = null;
  #looping: Promise<void> | null = null;
  #emptySinceMs = 0;
  #isClosed = false;
  #hasFailed = false;
  #isListening = false;
  #wake: () => void = () => undefined;

  constructor({ database, versions, logger, now }: EventFeedOptions) {
    this.#logger = logger;
    this.#now = now ?? (() => performance.now());
    this.#reader = new ChangeReader(database, versions);
    this.#listener = new NotificationListener(database.url, {
      logger,
      wake: (notification) => {
        if (notification.kind === 'dags') this.#tell('dags', {});
      },
    });
  }

  /** Begins to look, unless it does already; its first reader is waited for like one that left. */
  async #start(): Promise<void> {
    if (this.#looping !== null) return;
    this.#starting ??= this.#begin().finally(() => (this.#starting = null));
    await this.#starting;
    this.#emptySinceMs = this.#now();
    this.#looping ??= this.#loop();
  }

  /** Readers connected now. */
  get size(): number {
    return this.#readers.size;
  }

  /**
   * Adds a reader, who first gets what it missed since `lastId` (without one: `invalidate` if something
   * happened in the last ten seconds), or `reset` when that is not known. `end` is called when the feed
   * closes. Answers how to leave.
   */
  async subscribe(
    send: Send,
    options: { readonly lastId: string | undefined; readonly end: () => void },
  ): Promise<() => void> {
    await this.#start();
    const { lastId } = options;
    const missed = lastId === undefined ? this.#lately() : this.#buffer.since(lastId);
    send(this.#buffer.aside('hello'));
    if (missed === undefined) send(this.#buffer.aside('reset'));
    for (const event of missed ?? []) send(event);
    this.#readers.set(send, options.end);
    return () => {
      this.#readers.delete(send);
      this.#emptySinceMs = this.#now();
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const end of this.#readers.values()) end();
    this.#wake();
    await this.#looping;
    await this.#listener.close();
  }

  async #begin(): Promise<void> {
    await this.#reader.start(BEFORE_MS);
    const look = await this.#reader.look(this.#now());
    if (look.kind !== 'nothing') this.#tell('invalidate', { dag_ids: null });
  }

  #lately(): readonly FeedEvent[] {
    if (!this.#buffer.hasAny(this.#now() - BEFORE_MS)) return [];
    return [this.#buffer.aside('invalidate', { dag_ids: null })];
  }

  async #loop(): Promise<void> {
    while (!this.#isClosed && !this.#isIdle()) {
      const isGood = await this.#look();
      await this.#pause(isGood ? LOOK_MS : LOOK_AFTER_FAILURE_MS);
    }
    this.#reader.stop();
    this.#buffer.forget();
    this.#looping = null;
  }

  #isIdle(): boolean {
    return this.#readers.size === 0 && this.#now() - this.#emptySinceMs > LINGER_MS;
  }

  async #look(): Promise<boolean> {
    try {
      if (!this.#isListening) {
        await this.#listener.open();
        this.#isListening = true;
      }
      const look = await this.#reader.look(this.#now());
      if (look.kind === 'changes') this.#tell('changes', look.changes);
      if (look.kind === 'everything') this.#tell('invalidate', { dag_ids: null });
      this.#hasFailed = false;
      return true;
    } catch (thrown) {
      if (!this.#hasFailed) {
        this.#logger.warn({ err: toError(thrown) }, 'changes cannot be read, event streams wait');
      }
      this.#hasFailed = true;
      // What happens meanwhile may be lost with the server's memory of it.
      this.#reader.stop();
      return false;
    }
  }

  #tell(name: FeedEvent['name'], data: FeedEvent['data']): void {
    const event = this.#buffer.add(name, data, this.#now());
    for (const send of [...this.#readers.keys()]) send(event);
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
