import type { LogLine } from '@tidegate/engine/execution-contract';

import { createMessageBatch } from './message-batch.ts';
import type { FromProcess } from './messages.ts';

/** Everything a task process tells its supervisor. */
export interface Outbox {
  tell(message: FromProcess): void;
  /** A line of a task's log. Dropped, and counted, when the supervisor cannot follow. */
  line(handle: number, line: LogLine): void;
  /** Shown in the console; only the newest of a moment is told. */
  progress(handle: number, done: number, total: number | null): void;
  flush(): void;
}

/** A task that logs in a tight loop fills this much; then its lines are dropped until the channel drains. */
const MOST_UNSENT_BYTES = 16 * 1024 * 1024;
/** Lines a loop may gather before they are sent in the middle of a tick. */
const SEND_LINES_BYTES = 64 * 1024;
const PROGRESS_MS = 200;

/** `write` calls back when the text has left this process. */
export function createOutbox(write: (text: string, done: () => void) => void): Outbox {
  let unsentBytes = 0;
  let lineBytes = 0;
  const dropped = new Map<number, number>();
  const progress = new Map<number, FromProcess>();
  const batch = createMessageBatch<FromProcess>((text) => {
    lineBytes = 0;
    unsentBytes += text.length;
    write(text, () => {
      unsentBytes -= text.length;
    });
  });
  const line = (handle: number, added: LogLine): void => {
    if (unsentBytes > MOST_UNSENT_BYTES) {
      dropped.set(handle, (dropped.get(handle) ?? 0) + 1);
      return;
    }
    reportDropped(handle, added.at);
    batch.add({ kind: 'line', handle, line: added });
    lineBytes += added.message.length + 100;
    if (lineBytes > SEND_LINES_BYTES) batch.flush();
  };
  const reportDropped = (handle: number, at: string): void => {
    const lines = dropped.get(handle);
    if (lines === undefined) return;
    dropped.delete(handle);
    const message = `${lines} lines are missing here: the task logged faster than they could be taken`;
    batch.add({ kind: 'line', handle, line: { at, level: 'warn', source: 'system', message } });
  };
  const tellProgress = (): void => {
    for (const message of progress.values()) batch.add(message);
    progress.clear();
  };
  return {
    tell: (message) => {
      if (message.kind === 'ended') {
        reportDropped(message.handle, message.endedAt);
        progress.delete(message.handle);
      }
      batch.add(message);
    },
    line,
    progress: (handle, done, total) => {
      if (progress.size === 0) setTimeout(tellProgress, PROGRESS_MS).unref();
      progress.set(handle, { kind: 'progress', handle, done, total });
    },
    flush: batch.flush,
  };
}
