import { failpoint, type Clock } from '@tidegate/engine/platform';
import type { NewRecord, TopicBatch } from '@tidegate/engine/topic-log';

import type { CaptureState, TableState } from './capture-state.ts';
import { encodeState } from './capture-state.ts';
import type { BinlogPosition, RowPosition } from './position.ts';
import type { ProducerSession } from './producer-session.ts';

/** The records of some changed rows of one event: never split over two flushes. */
export interface StreamItem {
  readonly topic: string;
  readonly records: readonly NewRecord[];
  readonly rows: number;
  /** Of the last of the rows. */
  readonly place: RowPosition;
  /** Start of the rows' transaction. */
  readonly transactionAt: BinlogPosition;
  readonly changedAtMs: number;
}

interface CommitItem {
  readonly commitAt: BinlogPosition;
  readonly gtid: string | null;
}

/** Part of a snapshot: records of one table and what they change in its state. */
export interface SnapshotSlice {
  readonly table: string;
  readonly topic: string;
  readonly records: readonly NewRecord[];
  readonly apply: (table: TableState) => TableState;
}

interface QueuedSlice extends SnapshotSlice {
  readonly settle: (error?: Error) => void;
}

export interface OutboxOptions {
  readonly session: ProducerSession;
  readonly state: CaptureState;
  readonly stateTopic: string;
  readonly maxRecords: number;
  readonly clock: Clock;
  /** Told once, when nothing can be produced any more. */
  readonly onFailure: (error: Error) => void;
  /** Told when a flush took what it holds: there is room again. */
  readonly onTaken: () => void;
  /** Told after each flush. */
  readonly onFlushed: (rows: number) => void;
}

const MAX_FLUSH_BYTES = 8 * 1024 * 1024;
/** A position without events is saved this late: it only keeps our place ahead of the server's purge. */
const IDLE_SAVE_MS = 5_000;

/**
 * What was read and is not yet produced, and the one flush under way.
 *
 * No window: a flush starts when records are there and the previous one is done; while one is under way
 * records gather. Stream and snapshot share flushes; each flush carries the state that follows from it.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #stream: (StreamItem | CommitItem)[] = [];
  readonly #slices: QueuedSlice[] = [];
  #bufferedRows = 0;
  /** As of the flush under way, or of the last one. */
  #state: CaptureState;
  #durable: CaptureState;
  #flight: Promise<void> | undefined;
  #isScheduled = false;
  #failure: Error | undefined;
  #cancelIdleSave: (() => void) | undefined;
  #readUpTo: Pick<CaptureState, 'position' | 'done'>;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#durable = options.state;
    this.#readUpTo = options.state;
  }

  /** What the topic log says. */
  get state(): CaptureState {
    return this.#durable;
  }

  /** Where a reader that starts now must go on: behind everything queued. */
  get readUpTo(): Pick<CaptureState, 'position' | 'done'> {
    return this.#readUpTo;
  }

  /** Rows read and not yet handed to a flush. */
  get bufferedRows(): number {
    return this.#bufferedRows;
  }

  /** Change time of the oldest event not yet produced. */
  get oldestChangedAtMs(): number | undefined {
    const item = this.#stream.slice(0, 2).find((entry) => 'place' in entry);
    return item !== undefined && 'place' in item ? item.changedAtMs : undefined;
  }

  push(item: StreamItem): void {
    this.#stream.push(item);
    this.#bufferedRows += item.rows;
    this.#readUpTo = { position: item.transactionAt, done: item.place };
    this.#schedule();
  }

  /** Everything before `commitAt` is read; produced together with what precedes it, or when idle. */
  commit(commitAt: BinlogPosition, gtid: string | null): void {
    const last = this.#stream.length - 1;
    const item = { commitAt, gtid };
    const previous = this.#stream[last];
    if (previous !== undefined && 'commitAt' in previous)
      this.#stream[last] = { commitAt, gtid: gtid ?? previous.gtid };
    else this.#stream.push(item);
    this.#readUpTo = { position: commitAt, done: null };
    this.#cancelIdleSave ??= this.#options.clock.after(IDLE_SAVE_MS, () => {
      this.#cancelIdleSave = undefined;
      if (this.#stream.length > 0) this.#schedule();
    });
  }

  /** Resolves when the slice is durable. */
  submit(slice: SnapshotSlice): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        if (error === undefined) resolve();
        else reject(error);
      };
      if (this.#failure !== undefined) {
        settle(this.#failure);
        return;
      }
      this.#slices.push({ ...slice, settle });
      this.#schedule();
    });
  }

  /** Writes the state even though nothing changed: says who owns the prefix now. */
  async claim(): Promise<void> {
    this.#schedule();
    await this.drain();
  }

  /** Waits until everything queued is produced. */
  async drain(): Promise<void> {
    while (
      this.#failure === undefined &&
      (this.#isScheduled || this.#flight !== undefined || this.#stream.length > 0)
    ) {
      this.#schedule();
      await (this.#flight ?? new Promise((resolve) => setImmediate(resolve)));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#flight !== undefined || this.#failure !== undefined) return;
    this.#isScheduled = true;
    // After the current turn: the rows of one packet then share a flush.
    setImmediate(() => {
      this.#flight = this.#flush().finally(() => {
        this.#flight = undefined;
        if (this.#hasWork()) this.#schedule();
      });
      this.#isScheduled = false;
    });
  }

  #hasWork(): boolean {
    if (this.#slices.length > 0) return true;
    const next = this.#stream[0];
    return next !== undefined && ('place' in next || this.#stream.length > 1);
  }

  async #flush(): Promise<void> {
    const byTopic = new Map<string, NewRecord[]>();
    const rows = this.#takeStream(byTopic);
    const slices = this.#takeSlices(byTopic);
    // After the first request is on its way: rows are read while the log answers.
    setImmediate(this.#options.onTaken);
    this.#state = { ...this.#state, flush: this.#state.flush + 1 };
    const record = {
      key: Buffer.from(this.#state.prefix),
      value: encodeState(this.#state),
      partition: 0,
    };
    const batches: TopicBatch[] = [...byTopic].map(([topic, records]) => ({ topic, records }));
    batches.push({ topic: this.#options.stateTopic, records: [record] });
    try {
      failpoint('capture.before-produce');
      await this.#options.session.append(batches, this.#state);
      failpoint('capture.after-produce');
      this.#durable = this.#state;
      for (const { settle } of slices) settle();
      this.#options.onFlushed(slices.reduce((sum, { records }) => sum + records.length, rows));
    } catch (thrown) {
      this.#fail(thrown as Error, slices);
    }
  }

  #takeStream(byTopic: Map<string, NewRecord[]>): number {
    let records = 0;
    let bytes = 0;
    let rows = 0;
    let taken = 0;
    for (const item of this.#stream) {
      if (records >= this.#options.maxRecords || bytes >= MAX_FLUSH_BYTES) break;
      taken += 1;
      if ('commitAt' in item) {
        this.#state = {
          ...this.#state,
          position: item.commitAt,
          done: null,
          gtid: item.gtid ?? this.#state.gtid,
        };
        continue;
      }
      this.#state = { ...this.#state, position: item.transactionAt, done: item.place };
      addTo(byTopic, item.topic, item.records);
      records += item.records.length;
      rows += item.rows;
      for (const { value } of item.records) bytes += value?.length ?? 0;
    }
    this.#bufferedRows -= rows;
    // Now: what is taken holds its records in memory for as long as it stands here.
    this.#stream = this.#stream.slice(taken);
    return rows;
  }

  /** At least one, so that a busy stream does not hold the snapshot back. */
  #takeSlices(byTopic: Map<string, NewRecord[]>): QueuedSlice[] {
    const taken: QueuedSlice[] = [];
    let records = 0;
    while (this.#slices.length > 0 && (taken.length === 0 || records < this.#options.maxRecords)) {
      const slice = this.#slices.shift() as QueuedSlice;
      taken.push(slice);
      records += slice.records.length;
      addTo(byTopic, slice.topic, slice.records);
      const table = this.#state.tables[slice.table] as TableState;
      const tables = { ...this.#state.tables, [slice.table]: slice.apply(table) };
      this.#state = { ...this.#state, tables };
    }
    return taken;
  }

  #fail(error: Error, slices: readonly QueuedSlice[]): void {
    this.#failure = error;
    this.#cancelIdleSave?.();
    for (const { settle } of [...slices, ...this.#slices.splice(0)]) settle(error);
    this.#options.onFailure(error);
  }
}

function addTo(
  byTopic: Map<string, NewRecord[]>,
  topic: string,
  records: readonly NewRecord[],
): void {
  if (records.length === 0) return;
  const present = byTopic.get(topic);
  if (present === undefined) byTopic.set(topic, [...records]);
  else present.push(...records);
}
