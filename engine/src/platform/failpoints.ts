/**
 * Every place where a process can be made to die, fail or stand still, in the order of a change's way from
 * the source to the tables. Each stands before or after one external effect. A name is placed exactly once
 * (`failpoints.test.ts`).
 */
export const FAILPOINTS = {
  'capture.chunk-read': 'a chunk of the snapshot was read, nothing of it was produced',
  'capture.before-produce': 'changes and the state that follows from them are about to be produced',
  'capture.after-produce': 'changes and state are durable, nobody was told',
  'append.before-send': 'the transaction of an append to the PostgreSQL log has not been sent',
  'append.sent': 'the append is under way, its outcome is unknown',
  'append.after-commit': 'the append is committed, its producer does not know',
  'kafka.before-commit': 'records lie in an open Kafka transaction',
  'kafka.after-commit': 'the Kafka transaction is committed, its producer does not know',
  'run.before-commit': 'a run, its ranges and the cursors are decided under lock and not written',
  'run.after-commit': 'the run is committed, nobody was told to start it',
  'run.started': 'the run holds its slot and is not begun',
  'flush.locked': 'a flush holds its row locks and has decided, nothing is written',
  'flush.sent': 'the writes and the commit of a flush are under way',
  'flush.after-commit': 'a flush is committed, no worker was answered',
  'claim.before-answer': 'tries were granted, the worker does not know',
  'job.taken': 'a worker has jobs of the queue, the engine was not asked to start them',
  'grant.received': 'a worker has grants, no task process knows',
  'task.before-call': 'a task process has a try, the function was not called',
  'task.after-call': 'the function returned, the outcome was not told',
  'load.opened': 'a load has read its ledger, nothing is staged',
  'load.staged': 'a chunk is staged and was not loaded',
  'load.sent': 'the one message that loads a chunk is under way',
  'load.after-commit': 'a chunk is in the tables, the load does not know',
  'stats.before-commit': 'statistics are recomputed and not committed',
  'stats.after-commit': 'statistics are committed, the task does not know',
  'finish.before-send': 'a worker has outcomes, the engine was not told',
  'finish.received': 'the engine has outcomes, nothing is decided',
  'finish.before-answer': 'outcomes are committed, the worker does not know',
  'finish.answered': 'a worker has the verdicts and new grants, and has done nothing with them',
  'log.before-send': 'log chunks are about to be sent',
  'log.after-send': 'log chunks were stored, the worker goes on',
  'rewrite.before-commit': 'a clear, a mark or a repair is written and not committed',
  'outbox.before-send': 'jobs are committed and not in the queue',
  'outbox.after-send': 'jobs are in the queue and not yet deleted from the outbox',
  'register.before-commit': 'a DAG file was received, nothing of it is stored',
  'register.after-commit': 'DAGs are registered, nobody was told',
} as const;

export type FailpointName = keyof typeof FAILPOINTS;
