import { TASK_STATES } from '../state/task-state.ts';
import type { StreamLag } from '../scheduler/runs/stream-lag.ts';
import type { MetadataCounts } from '../store/reads/read-metrics.ts';
import { declaring, gauge } from './registry.ts';

const RUN_STATES = ['queued', 'running'] as const;

const metrics = declaring(() => ({
  tasks: gauge({
    name: 'tidegate_task_instances',
    help: 'Task instances of live runs, by state',
    labels: ['state'],
  }),
  runs: gauge({ name: 'tidegate_runs', help: 'Live runs, by state', labels: ['state'] }),
  running: gauge({ name: 'airflow_executor_running_tasks', help: 'Tries at work' }),
  queued: gauge({
    name: 'airflow_executor_queued_tasks',
    help: 'Task instances admitted and not yet started',
  }),
  starving: gauge({
    name: 'airflow_scheduler_tasks_starving',
    help: 'Task instances that are ready and wait for a limit or a slot',
  }),
  openSlots: gauge({
    name: 'airflow_pool_open_slots',
    help: 'Slots of a pool that are free',
    labels: ['pool_name'],
  }),
  runningSlots: gauge({
    name: 'airflow_pool_running_slots',
    help: 'Slots of a pool held by tries queued or at work',
    labels: ['pool_name'],
  }),
  outbox: gauge({
    name: 'tidegate_outbox_jobs',
    help: 'Jobs committed and not yet in the queue (BullMQ lane)',
  }),
  dags: gauge({ name: 'airflow_dagbag_size', help: 'DAGs registered' }),
  importErrors: gauge({
    name: 'airflow_dag_processing_import_errors',
    help: 'DAG files that could not be registered',
  }),
  schedulers: gauge({
    name: 'tidegate_schedulers',
    help: 'Schedulers with a living lease',
  }),
  oldestTransaction: gauge({
    name: 'tidegate_oldest_transaction_seconds',
    help: 'Age of the oldest transaction that keeps the metadata database from removing dead rows; 0 without one',
  }),
  lagRecords: gauge({
    name: 'tidegate_stream_lag_records',
    help: 'Records of a partition that are not in the tables yet; an upper bound, since offsets may have gaps',
    labels: ['dag_id', 'topic', 'partition'],
  }),
  lagSeconds: gauge({
    name: 'tidegate_stream_lag_seconds',
    help: 'Freshness: age of the oldest record of a partition that is not in the tables yet; 0 when none is',
    labels: ['dag_id', 'topic', 'partition'],
  }),
  logEnd: gauge({
    name: 'tidegate_stream_log_end_offset',
    help: 'Where a partition ends; its rate is the rate of records',
    labels: ['dag_id', 'topic', 'partition'],
  }),
}));

export function setMetadata(counts: MetadataCounts): void {
  const { tasks, runs, running, queued, starving, openSlots, runningSlots } = metrics();
  for (const state of TASK_STATES) tasks.set({ state }, counts.tasks.get(state) ?? 0);
  for (const state of RUN_STATES) runs.set({ state }, counts.runs.get(state) ?? 0);
  running.set(counts.tasks.get('running') ?? 0);
  queued.set(counts.tasks.get('queued') ?? 0);
  starving.set(counts.tasks.get('scheduled') ?? 0);
  // Pools that are gone must not go on saying what they said.
  openSlots.reset();
  runningSlots.reset();
  for (const { name, slots, used } of counts.pools) {
    openSlots.set({ pool_name: name }, Math.max(0, slots - used));
    runningSlots.set({ pool_name: name }, used);
  }
  const { outbox, dags, importErrors, schedulers, oldestTransaction } = metrics();
  outbox.set(counts.outbox);
  dags.set(counts.dags);
  importErrors.set(counts.importErrors);
  schedulers.set(counts.schedulers);
  oldestTransaction.set(counts.oldestTransactionSeconds);
}

export function setStreams(streams: readonly StreamLag[]): void {
  const { lagRecords, lagSeconds, logEnd } = metrics();
  for (const metric of [lagRecords, lagSeconds, logEnd]) metric.reset();
  for (const { dagId, topic, partitions } of streams) {
    for (const { partition, recordsBehind, secondsBehind, logEnd: end } of partitions) {
      const labels = { dag_id: dagId, topic, partition: String(partition) };
      lagRecords.set(labels, recordsBehind);
      logEnd.set(labels, end);
      // Unknown is absent, not zero: the oldest record is gone, or its time is not known.
      if (secondsBehind !== null) lagSeconds.set(labels, secondsBehind);
    }
  }
}
