import {
  createPostgresDatabase,
  uniqueName,
  type TestDatabase,
} from '../../test/services/services.ts';
import type { SerializedDag, SerializedSource } from '../src/dag/serialized-dag.ts';
import type { Clock } from '../src/platform/clock.ts';
import { BugError } from '../src/platform/errors.ts';
import { createLogger } from '../src/platform/log.ts';
import {
  createRunMaker,
  type CommittedRun,
  type RunMaker,
} from '../src/scheduler/runs/run-maker.ts';
import { Database } from '../src/store/db.ts';
import { migrate } from '../src/store/migrate.ts';
import { openTopicLog } from '../src/topic-log/index.ts';
import type { AdministeredTopicLog } from '../src/topic-log/administration.ts';

/** A clock that stands until it is moved; timers fire when their time has come. */
export class HandClock implements Clock {
  #now: number;
  #timers: { at: number; callback: () => void }[] = [];

  constructor(start: string) {
    this.#now = Date.parse(start);
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.length;
  }

  pass(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter((timer) => timer.at <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.at > this.#now);
    for (const timer of due) timer.callback();
  }
}

export interface RangeRow {
  readonly run_key: number;
  readonly partition: number;
  readonly from_offset: number;
  readonly to_offset: number;
  readonly is_live: boolean;
}

export interface RunRow {
  readonly run_key: number;
  readonly run_id: string;
  readonly state: string;
  readonly run_type: string;
  readonly lane: string;
  readonly logical_date: Date | null;
  readonly data_interval_start: Date | null;
  readonly data_interval_end: Date | null;
  readonly reason: string | null;
  readonly note: string | null;
  readonly waiting_for: string | null;
}

/** Metadata and a topic log in databases of their own, and what the making of runs needs around it. */
export class StreamBench implements AsyncDisposable {
  readonly database: Database;
  readonly topicLog: AdministeredTopicLog;
  readonly clock: HandClock;
  readonly #databases: readonly TestDatabase[];
  readonly #makers: RunMaker[] = [];

  private constructor(
    databases: readonly TestDatabase[],
    parts: { database: Database; topicLog: AdministeredTopicLog },
  ) {
    this.#databases = databases;
    this.database = parts.database;
    this.topicLog = parts.topicLog;
    this.clock = new HandClock('2026-03-01T00:00:00Z');
  }

  static async open(): Promise<StreamBench> {
    const metadata = await createPostgresDatabase('runs');
    const log = await createPostgresDatabase('runs_log');
    const database = new Database({ url: metadata.url, poolSize: 8 });
    await migrate(database);
    const topicLog = await openTopicLog({ kind: 'postgres', url: log.url });
    return new StreamBench([metadata, log], { database, topicLog });
  }

  /** A scheduler's part that makes runs. */
  maker(onRunMade?: (run: CommittedRun) => void): RunMaker {
    const { database, topicLog, clock } = this;
    const made = createRunMaker({
      database,
      topicLog,
      clock,
      log: createLogger('bench', 'warn'),
      ...(onRunMade === undefined ? {} : { onRunMade }),
    });
    this.#makers.push(made);
    return made;
  }

  async topic(partitions = 1): Promise<string> {
    const topic = uniqueName('topic');
    await this.topicLog.ensureTopic(topic, { partitions });
    return topic;
  }

  async produce(topic: string, count: number, partition = 0): Promise<void> {
    const records = Array.from({ length: count }, (_, place) => ({
      key: null,
      value: Buffer.from(`${topic} ${place} ${Math.random()}`),
      partition,
      timestamp: this.clock.now(),
    }));
    if (count > 0) await this.topicLog.produce(topic, records);
  }

  /** Registers a DAG of two tasks in a row, or its next version. */
  async dag(
    settings: Partial<Omit<SerializedDag, 'source'>> & { source?: Partial<SerializedSource> } = {},
  ): Promise<string> {
    const id = settings.id ?? uniqueName('dag');
    const startDate = new Date(this.clock.now()).toISOString();
    const source = toSource(settings.source);
    const serialized = { ...serializedDag(id), startDate, ...settings, source };
    await this.database.transaction(async (tx) => {
      const { rows } = await tx.query<{ version_key: number }>(
        `insert into tidegate.dag_version (dag_id, number, content_hash, serialized, task_totals,
           task_retries, leaves, bundle_hash, export_name, source)
         values ($1, (select count(*) + 1 from tidegate.dag_version where dag_id = $1), $2, $3,
                 '{0,1}', '{0,0}', 1, 'hash', $1, '') returning version_key`,
        [id, uniqueName('content'), JSON.stringify(serialized)],
      );
      await tx.query(
        `insert into tidegate.dag (dag_id, file, version_key, schedule, max_active_runs, registered_at)
         values ($1, 'test/dag.ts', $2, $3, $4, $5)
             on conflict (dag_id) do update set version_key = excluded.version_key,
                schedule = excluded.schedule, next_run_after = null`,
        [
          id,
          rows[0]?.version_key,
          JSON.stringify(serialized.schedule),
          serialized.maxActiveRuns,
          new Date(this.clock.now()),
        ],
      );
    });
    return id;
  }

  async pause(dagId: string, isPaused: boolean): Promise<void> {
    await this.database.query('update tidegate.dag set is_paused = $2 where dag_id = $1', [
      dagId,
      isPaused,
    ]);
  }

  /** Ends every run of the DAG that is queued or running. */
  async endRuns(dagId: string, state: 'success' | 'failed' = 'success'): Promise<void> {
    await this.database.query(
      `with ended as (delete from tidegate.live_run where dag_id = $1 returning run_key)
       update tidegate.dag_run as run set state = $2 from ended where run.run_key = ended.run_key`,
      [dagId, state],
    );
  }

  async mark(runKey: number, state: 'success' | 'failed'): Promise<void> {
    await this.database.query('update tidegate.dag_run set state = $2 where run_key = $1', [
      runKey,
      state,
    ]);
  }

  async runs(dagId: string): Promise<RunRow[]> {
    const { rows } = await this.database.query<RunRow>(
      `select run_key, run_id, state, run_type, lane, logical_date, data_interval_start,
              data_interval_end, reason, note, waiting_for
         from tidegate.dag_run where dag_id = $1 order by run_key`,
      [dagId],
    );
    return rows;
  }

  async ranges(dagId: string): Promise<RangeRow[]> {
    const { rows } = await this.database.query<RangeRow>(
      `select run_key, partition, from_offset, to_offset, is_live
         from tidegate.run_range where dag_id = $1 order by partition, from_offset, run_key`,
      [dagId],
    );
    return rows;
  }

  /** The offsets the live ranges of a DAG cover, partition by partition; throws on a hole or an overlap. */
  async coverage(dagId: string): Promise<Map<number, { from: number; to: number }>> {
    const covered = new Map<number, { from: number; to: number }>();
    for (const range of await this.ranges(dagId)) {
      if (!range.is_live) continue;
      const before = covered.get(range.partition);
      if (before !== undefined && before.to !== range.from_offset) {
        throw new BugError(`partition ${range.partition}: ${before.to} then ${range.from_offset}`);
      }
      covered.set(range.partition, {
        from: before?.from ?? range.from_offset,
        to: range.to_offset,
      });
    }
    return covered;
  }

  async column<T>(
    dagId: string,
    name: 'quiet_ticks' | 'checked_at' | 'next_run_after',
  ): Promise<T> {
    const { rows } = await this.database.query<{ value: T }>(
      `select ${name} as value from tidegate.dag where dag_id = $1`,
      [dagId],
    );
    return rows[0]?.value as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#makers.map((maker) => maker.close()));
    await this.topicLog.close();
    await this.database.close();
    await Promise.all(this.#databases.map((database) => database[Symbol.asyncDispose]()));
  }
}

function serializedDag(id: string): SerializedDag {
  return {
    formatVersion: 1,
    id,
    schedule: { kind: 'every', everyMs: 5_000 },
    source: null,
    startDate: null,
    endDate: null,
    catchup: false,
    maxActiveRuns: 1,
    maxActiveTasks: 16,
    runTimeoutMs: null,
    tags: [],
    owner: null,
    description: null,
    docs: null,
    paramsSchema: null,
    tasks: [],
  };
}

function toSource(source: Partial<SerializedSource> | undefined): SerializedSource | null {
  if (source === undefined) return null;
  return {
    topic: 'none',
    maxRecords: 100_000,
    startAt: 'earliest',
    emptyRuns: false,
    onFailedRange: 'block',
    history: true,
    ...source,
  };
}
