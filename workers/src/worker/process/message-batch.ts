/** Collects messages of one tick and sends them as one. */
export interface MessageBatch<Message> {
  readonly add: (message: Message) => void;
  /** Sends what was collected, now. */
  readonly flush: () => void;
}

/** Roughly how much is collected before it is sent in the middle of a tick. */
const FLUSH_MESSAGES = 512;

/** `send` gets the JSON text of an array of messages. */
export function createMessageBatch<Message>(send: (batch: string) => void): MessageBatch<Message> {
  let pending: Message[] = [];
  const flush = (): void => {
    if (pending.length === 0) return;
    const batch = pending;
    pending = [];
    send(JSON.stringify(batch));
  };
  return {
    add: (message) => {
      pending.push(message);
      if (pending.length === 1) setImmediate(flush);
      else if (pending.length >= FLUSH_MESSAGES) flush();
    },
    flush,
  };
}

/** The messages of a batch, whatever text came; both sides are one version of this package. */
export function parseBatch(batch: unknown): unknown[] {
  return typeof batch === 'string' ? (JSON.parse(batch) as unknown[]) : [];
}
