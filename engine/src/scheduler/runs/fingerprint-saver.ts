import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../store/db.ts';
import type { PartitionRange } from '../../store/runs/run-ranges.ts';
import { createCoalescer } from './coalescer.ts';
import { KeyedTimers } from './keyed-timers.ts';
import type { StreamReader } from './observe-stream.ts';
import { saveFingerprints } from './save-fingerprints.ts';

interface Pinned {
  readonly dagId: string;
  readonly topic: string;
  readonly ranges: readonly PartitionRange[];
}

/** Runs may follow each other by milliseconds; any record that was read tells a re-created topic. */
const EVERY_MS = 1_000;

/** Remembers the last record of what was pinned, at once and then at most once a second a stream. */
export class FingerprintSaver {
  private readonly saving: ReturnType<typeof createCoalescer>;
  private readonly unsaved = new Map<string, Pinned>();
  /** DAGs whose turn comes with a timer. */
  private readonly armed: KeyedTimers;

  constructor(
    reader: StreamReader & { readonly database: Sql },
    options: { readonly clock: Clock; readonly onError: (error: unknown, dagId: string) => void },
  ) {
    this.armed = new KeyedTimers(options.clock);
    this.saving = createCoalescer(async (dagId) => {
      const pinned = this.unsaved.get(dagId);
      this.unsaved.delete(dagId);
      if (pinned !== undefined) await saveFingerprints(reader, pinned, pinned.ranges);
    }, options.onError);
  }

  touch(pinned: Pinned): void {
    const { dagId } = pinned;
    this.unsaved.set(dagId, pinned);
    if (this.armed.has(dagId)) return;
    this.arm(dagId);
    void this.saving.ask(dagId);
  }

  async close(): Promise<void> {
    this.armed.cancelAll();
    await this.saving.close();
  }

  private arm(dagId: string): void {
    this.armed.set(dagId, EVERY_MS, () => {
      if (!this.unsaved.has(dagId)) return;
      this.arm(dagId);
      void this.saving.ask(dagId);
    });
  }
}
