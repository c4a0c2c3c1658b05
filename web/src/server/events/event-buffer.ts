import { randomBytes } from 'node:crypto';

import type { UiChanges, UiEventName, UiInvalidate } from '../../contract/index.ts';

/** One event of the stream. */
export interface FeedEvent {
  readonly id: string;
  readonly name: UiEventName;
  readonly data: UiChanges | UiInvalidate | Record<string, never>;
}

const KEPT_MS = 60_000;
const MOST_KEPT = 2_000;

/**
 * The events of the last minute, for readers that come back. Ids are this buffer's own, `<buffer>-<number>`:
 * what another process or an earlier start gave out is not known here, and its reader starts afresh.
 */
export class EventBuffer {
  readonly #name = randomBytes(6).toString('hex');
  readonly #kept: { readonly event: FeedEvent; readonly number: number; readonly atMs: number }[] =
    [];
  #last = 0;

  /** Id of the newest event. */
  get lastId(): string {
    return `${this.#name}-${this.#last}`;
  }

  add(name: UiEventName, data: FeedEvent['data'], nowMs: number): FeedEvent {
    this.#last += 1;
    const event = { id: this.lastId, name, data };
    this.#kept.push({ event, number: this.#last, atMs: nowMs });
    while (this.#kept.length > MOST_KEPT || (this.#kept[0]?.atMs ?? nowMs) < nowMs - KEPT_MS) {
      this.#kept.shift();
    }
    return event;
  }

  /** What came after an event; undefined when that cannot be told any more. */
  since(id: string): readonly FeedEvent[] | undefined {
    const [name, text] = id.split('-');
    const number = Number(text);
    if (name !== this.#name || !Number.isInteger(number) || number > this.#last) return undefined;
    const first = this.#kept[0]?.number ?? this.#last + 1;
    if (number < first - 1) return undefined;
    return this.#kept.filter((kept) => kept.number > number).map((kept) => kept.event);
  }

  /** Nobody listens and nothing is read: what happens from now on is not known. */
  forget(): void {
    this.#kept.length = 0;
    // A number left out: whoever comes back with the last id is told to start afresh.
    this.#last += 1;
  }
}
