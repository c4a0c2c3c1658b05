import { randomBytes } from 'node:crypto';

import type { UiChanges, UiEventName, UiInvalidate } from '../../contract/index.ts';

/** One event of the stream. */
export interface FeedEvent {
  readonly id: string;
  readonly name: UiEventName;
  readonly data: UiChanges | UiInvalidate | Record<string, never>;
  /** `data` as JSON: written once, sent to every reader that wants all of it. */
  readonly text: string;
}

const KEPT_MS = 60_000;
const MOST_KEPT = 2_000;
const MOST_KEPT_CHARACTERS = 8 * 1024 * 1024;
/**
 * Who missed more than this starts afresh. Sent in one go it has to stay below what a reader may leave unread, or
 * whoever was cut off for being slow would be cut off again each time it came back.
 */
const MOST_MISSED_CHARACTERS = 256 * 1024;

interface KeptEvent {
  readonly event: FeedEvent;
  readonly number: number;
  readonly atMs: number;
}

/**
 * The events of the last minute, for readers that come back. Ids are this buffer's own, `<buffer>-<number>`:
 * what another process or an earlier start gave out is not known here, and its reader starts afresh.
 */
export class EventBuffer {
  readonly #name = randomBytes(6).toString('hex');
  readonly #kept: KeptEvent[] = [];
  #last = 0;
  #characters = 0;

  /** Id of the newest event. */
  get lastId(): string {
    return `${this.#name}-${this.#last}`;
  }

  add(name: UiEventName, data: FeedEvent['data'], nowMs: number): FeedEvent {
    this.#last += 1;
    const event = { id: this.lastId, name, data, text: JSON.stringify(data) };
    this.#kept.push({ event, number: this.#last, atMs: nowMs });
    this.#characters += event.text.length;
    while (this.#isFull() || (this.#kept[0]?.atMs ?? nowMs) < nowMs - KEPT_MS) {
      this.#characters -= this.#kept.shift()?.event.text.length ?? 0;
    }
    return event;
  }

  /** An event of one reader only, which is not kept and moves no id. */
  aside(name: UiEventName, data: FeedEvent['data'] = {}): FeedEvent {
    return { id: this.lastId, name, data, text: JSON.stringify(data) };
  }

  /** What came after an event; undefined when that cannot be told any more, or is too much to tell. */
  since(id: string): readonly FeedEvent[] | undefined {
    const [name, text] = id.split('-');
    const number = Number(text);
    if (name !== this.#name || !Number.isInteger(number) || number > this.#last) return undefined;
    const first = this.#kept[0]?.number ?? this.#last + 1;
    if (number < first - 1) return undefined;
    const missed = this.#kept.filter((kept) => kept.number > number).map((kept) => kept.event);
    const characters = missed.reduce((sum, { text: json }) => sum + json.length, 0);
    return characters > MOST_MISSED_CHARACTERS ? undefined : missed;
  }

  /** Whether something was added at `sinceMs` or later. */
  hasAny(sinceMs: number): boolean {
    return this.#kept.some(({ atMs }) => atMs >= sinceMs);
  }

  /** Nobody listens and nothing is read: what happens from now on is not known. */
  forget(): void {
    this.#kept.length = 0;
    this.#characters = 0;
    // A number left out: whoever comes back with the last id is told to start afresh.
    this.#last += 1;
  }

  #isFull(): boolean {
    return this.#kept.length > MOST_KEPT || this.#characters > MOST_KEPT_CHARACTERS;
  }
}
