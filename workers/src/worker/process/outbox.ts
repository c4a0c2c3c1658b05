import type { LogLine } from '@tidegate/engine/execution-contract';

import { createMessageBatch, type MessageBatch } from './message-batch.ts';
import type { FromProcess } from './messages.ts';

/** Everything a task process tells its supervisor. */
export interface Outbox {
  tell(message: FromProcess): void;
  /** A line of a task's log. Where the supervisor cannot follow, the middle of a flood is dropped and counted. */
  line(handle: number, line: LogLine): void;
  /** Shown in the console; only the newest of a moment is told. */
  progress(handle: number, done: number, total: number | null): void;
  flush(): void;
  /** Sends what there is now, but for lines held back, and calls `then` when it has left this process. */
  flushThen(then: () => void): void;
}

/** A task that logs in a tight loop fills this much; then only its newest lines are held until that is sent. */
const MOST_UNSENT_BYTES = 16 * 1024 * 1024;
const MOST_HELD_BYTES = 8 * 1024 * 1024;
/** Lines a loop may gather before they are sent in the middle of a tick. */
const SEND_LINES_BYTES = 64 * 1024;
const PROGRESS_MS = 200;

interface HeldLine {
  readonly handle: number;
  readonly line: LogLine;
}

/** `write` calls back when the text has left this process. */
export function createOutbox(write: (text: string, done: () => void) => void): Outbox {
  return new ChannelOutbox(write);
}

class ChannelOutbox implements Outbox {
  readonly #batch: MessageBatch<FromProcess>;
  readonly #dropped = new Map<number, number>();
  readonly #progress = new Map<number, FromProcess>();
  #held: HeldLine[] = [];
  /** Where the held lines begin; what is before was dropped. */
  #heldFrom = 0;
  #heldBytes = 0;
  #unsentBytes = 0;
  #whenSent: (() => void)[] = [];
  #batchBytes = 0;

  constructor(write: (text: string, done: () => void) => void) {
    this.#batch = createMessageBatch((text) => {
      this.#batchBytes = 0;
      this.#unsentBytes += text.length;
      const whenSent = this.#whenSent.splice(0);
      write(text, () => {
        this.#unsentBytes -= text.length;
        for (const then of whenSent) then();
        if (this.#unsentBytes < MOST_UNSENT_BYTES / 2) this.#release();
      });
    });
  }

  tell(message: FromProcess): void {
    if (message.kind === 'ended') {
      this.#release();
      this.#reportDropped(message.handle, message.endedAt);
      this.#progress.delete(message.handle);
    }
    this.#batch.add(message);
  }

  line(handle: number, line: LogLine): void {
    const isBehind = this.#unsentBytes > MOST_UNSENT_BYTES || this.#held.length > 0;
    if (isBehind) this.#hold({ handle, line });
    else this.#send({ handle, line });
  }

  progress(handle: number, done: number, total: number | null): void {
    if (this.#progress.size === 0) {
      const tell = (): void => {
        for (const message of this.#progress.values()) this.#batch.add(message);
        this.#progress.clear();
      };
      setTimeout(tell, PROGRESS_MS).unref();
    }
    this.#progress.set(handle, { kind: 'progress', handle, done, total });
  }

  flush(): void {
    this.#release();
    this.#batch.flush();
  }

  flushThen(then: () => void): void {
    this.#whenSent.push(then);
    this.#batch.flush();
  }

  #send({ handle, line }: HeldLine): void {
    this.#reportDropped(handle, line.at);
    this.#batch.add({ kind: 'line', handle, line });
    this.#batchBytes += sizeOf(line);
    if (this.#batchBytes > SEND_LINES_BYTES) this.#batch.flush();
  }

  #hold(held: HeldLine): void {
    this.#held.push(held);
    this.#heldBytes += sizeOf(held.line);
    while (this.#heldBytes > MOST_HELD_BYTES) {
      const oldest = this.#held[this.#heldFrom];
      if (oldest === undefined) break;
      this.#heldFrom += 1;
      this.#heldBytes -= sizeOf(oldest.line);
      this.#dropped.set(oldest.handle, (this.#dropped.get(oldest.handle) ?? 0) + 1);
    }
    // Not at every line: moving the array is what makes a queue slow.
    if (this.#heldFrom > 10_000) this.#held = this.#held.slice(this.#takeFrom());
  }

  #release(): void {
    if (this.#held.length === 0) return;
    const lines = this.#held.slice(this.#takeFrom());
    this.#held = [];
    this.#heldBytes = 0;
    for (const held of lines) this.#send(held);
  }

  #takeFrom(): number {
    const from = this.#heldFrom;
    this.#heldFrom = 0;
    return from;
  }

  #reportDropped(handle: number, at: string): void {
    const lines = this.#dropped.get(handle);
    if (lines === undefined) return;
    this.#dropped.delete(handle);
    const message = `${lines} lines are missing here: the task logged faster than they could be taken`;
    const line: LogLine = { at, level: 'warn', source: 'system', message };
    this.#batch.add({ kind: 'line', handle, line });
  }
}

/** Roughly, with what surrounds the message. */
function sizeOf(line: LogLine): number {
  return line.message.length + 100;
}
