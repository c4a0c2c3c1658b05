import type { Socket } from 'node:net';

/** Brokers answer every request, polls for new records within half a second. */
const SILENT_MS = 10_000;

/**
 * Ends connections that are written to and say nothing, as behind a gateway that forgot them. kafkajs only gives the
 * request up, after 30 s, and sends the next one into the same void.
 *
 * @param broker `host:port`: connections to one broker that said nothing for that long end together
 */
export function watchSilence(socket: Socket, broker: string): void {
  const siblings = WATCHES.get(broker) ?? new Set();
  const watch = new SilenceWatch(socket, () => {
    for (const each of siblings) each.destroyIfSilent();
  });
  WATCHES.set(broker, siblings.add(watch));
  socket.once('close', () => {
    watch.end();
    siblings.delete(watch);
  });
}

const WATCHES = new Map<string, Set<SilenceWatch>>();

class SilenceWatch {
  readonly #socket: Socket;
  readonly #whenSilent: () => void;
  #timer: NodeJS.Timeout | undefined;
  #heardAtMs = performance.now();
  #sentBytes = 0;

  constructor(socket: Socket, whenSilent: () => void) {
    this.#socket = socket;
    this.#whenSilent = whenSilent;
    const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
    socket.write = (...given: unknown[]) => {
      this.#expect();
      return write(...given);
    };
    socket.on('data', () => {
      this.#heardAtMs = performance.now();
      this.end();
    });
  }

  destroyIfSilent(): void {
    const silentMs = Math.round(performance.now() - this.#heardAtMs);
    if (silentMs >= SILENT_MS)
      this.#socket.destroy(new Error(`the broker said nothing for ${silentMs} ms`));
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #expect(): void {
    if (this.#timer !== undefined) return;
    this.#sentBytes = this.#countSent();
    this.#timer = setTimeout(() => this.#look(), SILENT_MS);
  }

  /** A large request that is still on its way is no silence. */
  #look(): void {
    this.#timer = undefined;
    const isSending = this.#socket.writableLength > 0 && this.#countSent() > this.#sentBytes;
    if (isSending) this.#expect();
    // After a standstill of our own an answer may lie there unread: timers come before it.
    else setImmediate(this.#whenSilent);
  }

  #countSent(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }
}
