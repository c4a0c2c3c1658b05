import type { SerializedDag } from '../../dag/serialized-dag.ts';
import type { BundleRef, Grant, GrantRun } from '../../execution/contract.ts';
import type { Json } from '../../platform/json.ts';
import type { FlowFacts, RunFacts } from '../../state/flush-rows.ts';
import { leavesOf, toTaskGraph } from '../../state/task-graph.ts';
import type { Sql } from '../db.ts';

/** One DAG version as the scheduler knows it. */
export interface Flow extends FlowFacts {
  readonly versionKey: number;
  readonly bundle: BundleRef;
  /** Task id to place. */
  readonly placeOf: ReadonlyMap<string, number>;
}

/** What does not change about a run between two clears. */
export interface RunInfo extends RunFacts {
  readonly flow: Flow;
  readonly dagId: string;
  readonly runId: string;
  readonly clearNumber: number;
  readonly grantRun: GrantRun;
  readonly params: Json;
  readonly ranges: Grant['ranges'];
}

const MOST_RUNS = 20_000;
const MOST_FLOWS = 500;

/** A run as the database has it. */
export interface RunInfoRow {
  run_key: number;
  dag_id: string;
  run_id: string;
  version_key: number;
  run_type: GrantRun['runType'];
  lane: GrantRun['lane'];
  logical_date: Date | null;
  data_interval_start: Date | null;
  data_interval_end: Date | null;
  run_after: Date;
  conf: Json;
  clear_number: number;
  ranges: { topic: string; partition: number; from: number; to: number }[] | null;
}

interface VersionRow {
  version_key: number;
  serialized: SerializedDag;
  bundle_hash: string;
  export_name: string;
}

const READ_RUNS = `
select run.run_key, run.dag_id, run.run_id, run.version_key, run.run_type, run.lane,
       run.logical_date, run.data_interval_start, run.data_interval_end, run.run_after, run.conf,
       run.clear_number,
       (
         select json_agg(json_build_object(
                  'topic', topic, 'partition', partition, 'from', from_offset, 'to', to_offset
                ) order by topic, partition)
           from tidegate.run_range
          where run_range.run_key = run.run_key
       ) as ranges
  from tidegate.dag_run as run
 where run.run_key = any ($1::bigint[])`;

const READ_VERSIONS = `
select version_key, serialized, bundle_hash, export_name
  from tidegate.dag_version
 where version_key = any ($1::bigint[])`;

/** Runs and DAG versions in memory, the oldest used dropped first. */
export class RunInfoCache {
  private readonly sql: Sql;
  private readonly runs = new Map<number, RunInfo>();
  private readonly flows = new Map<number, Flow>();

  constructor(sql: Sql) {
    this.sql = sql;
  }

  get(runKey: number): RunInfo | undefined {
    return this.runs.get(runKey);
  }

  forget(runKey: number): void {
    this.runs.delete(runKey);
  }

  forgetAll(): void {
    this.runs.clear();
    this.flows.clear();
  }

  /** Reads what is not known yet. Runs that do not exist stay unknown. */
  async load(runKeys: Iterable<number>): Promise<void> {
    const missing = [...new Set(runKeys)].filter((key) => !this.runs.has(key));
    if (missing.length === 0) return;
    const result = await this.sql.query<RunInfoRow>(READ_RUNS, [missing]);
    await this.loadFlows(result.rows.map((row) => row.version_key));
    for (const row of result.rows) {
      const flow = this.flows.get(row.version_key);
      if (flow !== undefined) this.runs.set(row.run_key, toRunInfo(row, flow));
    }
    dropOldest(this.runs, MOST_RUNS);
  }

  /** A run this process has just made; read as any other when its version is not known yet. */
  learn(row: RunInfoRow): void {
    const flow = this.flows.get(row.version_key);
    if (flow !== undefined) this.runs.set(row.run_key, toRunInfo(row, flow));
  }

  /** The flow of a version, read once. */
  async flow(versionKey: number): Promise<Flow | undefined> {
    await this.loadFlows([versionKey]);
    return this.flows.get(versionKey);
  }

  private async loadFlows(versionKeys: readonly number[]): Promise<void> {
    const missing = [...new Set(versionKeys)].filter((key) => !this.flows.has(key));
    if (missing.length === 0) return;
    const result = await this.sql.query<VersionRow>(READ_VERSIONS, [missing]);
    dropOldest(this.flows, MOST_FLOWS);
    for (const row of result.rows) this.flows.set(row.version_key, toFlow(row));
  }
}

function toFlow(row: VersionRow): Flow {
  const { serialized } = row;
  const graph = toTaskGraph(serialized.tasks);
  return {
    versionKey: row.version_key,
    graph,
    tasks: serialized.tasks,
    leaves: new Set(leavesOf(graph)),
    maxActiveTasks: serialized.maxActiveTasks,
    runTimeoutMs: serialized.runTimeoutMs,
    bundle: { hash: row.bundle_hash, exportName: row.export_name },
    placeOf: new Map(serialized.tasks.map((task, ix) => [task.id, ix])),
  };
}

function toRunInfo(row: RunInfoRow, flow: Flow): RunInfo {
  return {
    runKey: row.run_key,
    identity: `${row.dag_id}/${row.run_id}`,
    dagId: row.dag_id,
    runId: row.run_id,
    lane: row.lane,
    flow,
    clearNumber: row.clear_number,
    params: row.conf,
    ranges: row.ranges ?? [],
    grantRun: {
      runType: row.run_type,
      logicalDate: toIso(row.logical_date),
      dataIntervalStart: toIso(row.data_interval_start),
      dataIntervalEnd: toIso(row.data_interval_end),
      runAfter: row.run_after.toISOString(),
      lane: row.lane,
    },
  };
}

function toIso(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}

function dropOldest(map: Map<number, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
