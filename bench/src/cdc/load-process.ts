/**
 * Loads a topic into a warehouse in a process of its own, through the loader's own entry and a context as a
 * worker gives it: what it takes in time and memory is the loader's alone.
 */
import type { SourceRange, TaskContext } from '@tidegate/engine/dag';
import { openTopicLog, type TopicLog } from '@tidegate/engine/topic-log';

import { loadAccounts } from '../../../dags/src/bank_accounts/load.ts';
import { recomputeUserStats } from '../../../dags/src/bank_accounts/stats.ts';
import { createTaskSource } from '../../../workers/src/worker/process/task-source.ts';

export interface LoadOrder {
  readonly brokers: string;
  readonly topic: string;
  readonly warehouseUrl: string;
  /** Records of one run, as the DAG's `maxRecords` bounds them. */
  readonly recordsPerRun: number;
}

export interface LoadReport {
  readonly records: number;
  readonly loadMs: number;
  readonly statsMs: number;
  readonly peakRssMb: number;
  readonly cpuMs: number;
}

const quiet = (): void => undefined;

process.once('message', (order: LoadOrder) => {
  void load(order).then((report) => {
    process.send?.(report, () => process.exit(0));
  });
});

async function load(order: LoadOrder): Promise<LoadReport> {
  const log = await openTopicLog({ kind: 'kafka', brokers: order.brokers.split(',') });
  const runs = await cutRuns(log, order);
  const before = process.cpuUsage();
  const startedAt = performance.now();
  let records = 0;
  for (const [number, ranges] of runs.entries()) {
    const summary = await loadAccounts(contextOf(order, log, { task: 'load', number, ranges }));
    records += (summary as { records: number }).records;
  }
  const loadedAt = performance.now();
  const cpu = process.cpuUsage(before);
  await recomputeUserStats(contextOf(order, log, { task: 'stats', number: 0, ranges: [] }));
  const statsMs = performance.now() - loadedAt;
  return {
    records,
    loadMs: loadedAt - startedAt,
    statsMs,
    peakRssMb: process.resourceUsage().maxRSS / 1_024,
    cpuMs: (cpu.user + cpu.system) / 1_000,
  };
}

/** Runs as the engine makes them when it catches up: an equal share of every partition each. */
async function cutRuns(
  log: TopicLog,
  { topic, recordsPerRun }: LoadOrder,
): Promise<SourceRange[][]> {
  const bounds = [...(await log.bounds(topic))];
  const total = bounds.reduce((sum, [, { start, end }]) => sum + end - start, 0);
  const runs = Math.ceil(total / recordsPerRun);
  return Array.from({ length: runs }, (_, run) =>
    bounds.map(([partition, { start, end }]) => {
      const cut = (share: number): number => start + Math.floor(((end - start) * share) / runs);
      return { topic, partition, from: cut(run), to: cut(run + 1) };
    }),
  );
}

interface TaskPlace {
  readonly task: string;
  readonly number: number;
  readonly ranges: readonly SourceRange[];
}

function contextOf(
  { warehouseUrl }: LoadOrder,
  log: TopicLog,
  { task, number, ranges }: TaskPlace,
): TaskContext {
  const { signal } = new AbortController();
  const loadId = `bank_accounts/run-${number}/${task}`;
  return {
    input: {},
    params: {},
    run: {
      dagId: 'bank_accounts',
      runId: `run-${number}`,
      runType: 'scheduled',
      logicalDate: null,
      dataIntervalStart: null,
      dataIntervalEnd: null,
      runAfter: '2026-01-01T00:00:00Z',
      lane: 'live',
    },
    task: { id: task, mapIndex: -1, tryNumber: 1, loadId, fenceKey: loadId, fenceToken: 1 },
    source: createTaskSource({
      ranges,
      openLog: () => Promise.resolve(log),
      signal,
      waitingFor: quiet,
    }),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    signal,
    connection: (id) => Promise.resolve({ id, type: 'postgres', uri: warehouseUrl, extra: {} }),
    variable: () => Promise.resolve(''),
    progress: quiet,
    waitingFor: quiet,
  };
}
