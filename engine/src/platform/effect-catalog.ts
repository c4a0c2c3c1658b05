import type { FailpointName } from './failpoints.ts';

/** What leaves a process and stays when it dies. */
export type EffectKind = 'commit' | 'produce' | 'queue' | 'http' | 'file';

/**
 * How an effect is made to fail in tests: at the failpoints before and after it, wherever they are placed; or why
 * dying beside it can do no harm.
 */
export type Effect =
  { readonly before: FailpointName; readonly after: FailpointName } | { readonly harmless: string };

const READS = 'only reads';
const WHOLE =
  'one transaction: all of it or nothing; who asked asks again, and the same is written';
const RENAMED =
  'written beside its name and renamed: the old one or the new one, and made again when lost';
const AT_START = 'at a start, before anything depends on it; the next start does it again';
const CARRIER = 'carries the effects of its callers, which are declared themselves';

/**
 * Every file of the product that commits, produces, queues, sends or writes, by kind of effect
 * (`effect-catalog.test.ts` finds them). A new one is declared here, with its failpoints or with the reason
 * why it needs none.
 */
export const EFFECTS: Readonly<Record<string, Partial<Record<EffectKind, Effect>>>> = {
  'engine/src/store/db.ts': { commit: { harmless: CARRIER } },
  'engine/src/store/fence-tokens.ts': { commit: { harmless: AT_START } },
  'engine/src/store/migrate.ts': { commit: { harmless: AT_START } },
  'engine/src/store/pools.ts': { commit: { harmless: WHOLE } },
  'engine/src/store/register-dags.ts': {
    commit: { before: 'register.before-commit', after: 'register.after-commit' },
  },
  'engine/src/store/access/users.ts': { commit: { harmless: WHOLE } },
  'engine/src/store/flush/run-flush.ts': {
    commit: { before: 'flush.locked', after: 'flush.after-commit' },
  },
  'engine/src/store/rewrite/delete-run.ts': { commit: { harmless: WHOLE } },
  'engine/src/store/rewrite/rewrite-run.ts': {
    // Nobody is told after it: whoever died left a queued run, which the sweep begins as after any clear.
    commit: { before: 'rewrite.before-commit', after: 'run.started' },
  },
  'engine/src/store/runs/create-live-run.ts': {
    commit: { before: 'run.before-commit', after: 'run.after-commit' },
  },
  'engine/src/store/runs/pass-stream.ts': {
    commit: { harmless: 'moves what a look without a run moves; the next look moves it again' },
  },
  'engine/src/store/sweep/repair-limits.ts': {
    commit: { harmless: 'counts anew what is wrong; a later sweep counts it anew again' },
  },
  'engine/src/store/sweep/start-queued-runs.ts': {
    commit: { before: 'run.after-commit', after: 'run.started' },
  },
  'engine/src/scheduler/runs/make-run.ts': {
    commit: { before: 'run.before-commit', after: 'run.after-commit' },
  },
  'engine/src/scheduler/runs/make-due-runs.ts': {
    commit: { harmless: 'plans when a DAG is due; a DAG without a plan is planned again' },
  },
  'engine/src/scheduler/runs/make-stream-runs.ts': {
    commit: {
      harmless: 'gives a parked run its ranges and frees it in one transaction, else later',
    },
  },
  'engine/src/scheduler/runs/replay-run.ts': {
    commit: { harmless: 'whoever asked for the replay asks again: the run is there, or is made' },
  },
  'engine/src/scheduler/runs/run-maker.ts': { commit: { harmless: WHOLE } },
  'engine/src/scheduler/runs/outbox-dispatcher.ts': {
    queue: { before: 'outbox.before-send', after: 'outbox.after-send' },
  },
  'engine/src/queue/bullmq/bullmq-queue.ts': {
    queue: { before: 'outbox.before-send', after: 'outbox.after-send' },
  },
  'engine/src/topic-log/kafka/kafka-topic-log.ts': {
    produce: { before: 'capture.before-produce', after: 'capture.after-produce' },
  },
  'engine/src/topic-log/kafka/kafka-transactional-producer.ts': {
    produce: { before: 'kafka.before-commit', after: 'kafka.after-commit' },
  },
  'engine/src/topic-log/kafka/batch-sender.ts': {
    produce: { before: 'capture.before-produce', after: 'kafka.before-commit' },
  },
  'engine/src/topic-log/kafka/produce-request.ts': { produce: { harmless: CARRIER } },
  'engine/src/topic-log/postgres/appender.ts': {
    commit: { before: 'append.before-send', after: 'append.after-commit' },
  },
  'engine/src/topic-log/postgres/connections.ts': { commit: { harmless: CARRIER } },
  'engine/src/topic-log/postgres/postgres-topic-log.ts': {
    commit: { harmless: 'creates, deletes and trims topics: done again without a difference' },
  },
  'workers/src/capture/producer-session.ts': {
    produce: { before: 'capture.before-produce', after: 'capture.after-produce' },
  },
  'workers/src/capture/snapshot-view.ts': { commit: { harmless: READS } },
  'workers/src/warehouse/postgres/load-message.ts': {
    commit: { before: 'load.staged', after: 'load.after-commit' },
  },
  'workers/src/warehouse/postgres/drain-groups.ts': {
    commit: { before: 'stats.before-commit', after: 'stats.after-commit' },
  },
  'workers/src/warehouse/postgres/clean-up.ts': {
    commit: { harmless: 'deletes what is old; the next clean-up deletes what is left' },
  },
  'workers/src/warehouse/postgres/private-schema.ts': { commit: { harmless: AT_START } },
  'workers/src/warehouse/postgres/run-statements.ts': {
    commit: {
      harmless: 'statements of a user: lost without a word is told as a failed try, not repeated',
    },
  },
  'workers/src/worker/supervisor/engine-client.ts': {
    http: { before: 'finish.before-send', after: 'finish.answered' },
  },
  'workers/src/worker/supervisor/bundle-store.ts': {
    file: { harmless: RENAMED },
  },
  'workers/src/worker/process/task-api.ts': { http: { harmless: READS } },
  'workers/src/bundle/registration-client.ts': {
    http: { before: 'register.before-commit', after: 'register.after-commit' },
  },
  'workers/src/bundle/known-files.ts': { file: { harmless: RENAMED } },
  'workers/src/bundle/load-bundle.ts': { file: { harmless: RENAMED } },
  'workers/src/bundle/evaluate-bundle.ts': {
    file: { harmless: 'in the folder of a child that is disposed of' },
  },
  'workers/src/bundle/editor-config.ts': {
    file: { harmless: 'for editors; written anew where it is missing' },
  },
  'engine/src/platform/failpoint.ts': { file: { harmless: 'is the failpoint' } },
  'standalone/src/embedded.ts': { file: { harmless: AT_START } },
  'standalone/src/home.ts': { file: { harmless: AT_START } },
  'standalone/src/ports.ts': { file: { harmless: AT_START } },
  'standalone/src/sample-feed.ts': {
    produce: {
      harmless: 'made-up records, kept apart by their positions when they are made again',
    },
    file: { harmless: RENAMED },
  },
  'standalone/src/services/mariadb.ts': { file: { harmless: AT_START } },
  'standalone/src/services/postgres.ts': { file: { harmless: AT_START } },
  'cli/src/api-client.ts': { http: { harmless: 'a person repeats the command' } },
  'cli/src/config.ts': { file: { harmless: 'a person signs in again' } },
  'cli/src/service/health-file.ts': { file: { harmless: RENAMED } },
};
