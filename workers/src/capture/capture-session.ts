import { randomBytes } from 'node:crypto';

import { TidegateError, type Clock, type Logger } from '@tidegate/engine/platform';
import type { TopicLog } from '@tidegate/engine/topic-log';
import type { Connection } from 'mysql2/promise';

import type { ResolvedCaptureConfig } from './capture-config.ts';
import { findState, type CaptureState, type TableState } from './capture-state.ts';
import { checkSource, type CheckedSource } from './check-source.ts';
import type { BinlogPosition } from './position.ts';
import { ProducerSession } from './producer-session.ts';
import { assertPositionHeld, getBinlogEnd } from './server-info.ts';
import { connectSource } from './source-connection.ts';

/** Everything a capture holds once it may produce. */
export interface CaptureSession {
  readonly checked: CheckedSource;
  readonly producer: ProducerSession;
  readonly state: CaptureState;
}

export interface SessionDeps {
  readonly log: TopicLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Checks the source, makes the topics, takes over the prefix and finds the place to go on.
 * The order matters: only after the producer is open is the state read final.
 */
export async function openCaptureSession(
  config: ResolvedCaptureConfig,
  deps: SessionDeps,
): Promise<CaptureSession> {
  const connection = await connectSource(config.source);
  try {
    const checked = await checkSource(connection, config);
    await ensureTopics(config, deps.log);
    const producer = await ProducerSession.open(config, deps);
    try {
      const state = await decideState(connection, config, { ...deps, checked });
      return { checked, producer, state };
    } catch (thrown) {
      await producer.close();
      throw thrown;
    }
  } finally {
    connection.destroy();
  }
}

async function ensureTopics(config: ResolvedCaptureConfig, log: TopicLog): Promise<void> {
  await log.ensureTopic(config.stateTopic, { partitions: 1, compacted: true });
  for (const { topic, partitions } of config.tables.values())
    await log.ensureTopic(topic, { partitions });
}

type DecisionDeps = SessionDeps & { readonly checked: CheckedSource };

async function decideState(
  connection: Connection,
  config: ResolvedCaptureConfig,
  deps: DecisionDeps,
): Promise<CaptureState> {
  const stored = await findState(deps.log, config.stateTopic, config.prefix);
  const instance = randomBytes(8).toString('hex');
  if (stored === undefined) return createState(connection, config, { instance, deps });
  try {
    await assertPositionHeld(connection, stored.position);
  } catch (thrown) {
    if (config.whenPositionLost === 'fail' || !isPositionLost(thrown)) throw thrown;
    deps.logger.warn({ err: thrown }, 'position lost, snapshot starts again in a new epoch');
    return startEpoch(stored, config, { instance, since: await getBinlogEnd(connection) });
  }
  return { ...stored, instance, tables: addNewTables(stored.tables, config, stored.position) };
}

/** True for the errors that only a new snapshot mends. */
export function isPositionLost(thrown: unknown): boolean {
  return (
    thrown instanceof TidegateError &&
    (thrown.code === 'CAPTURE_POSITION_PURGED' || thrown.code === 'CAPTURE_SOURCE_WENT_BACK')
  );
}

async function createState(
  connection: Connection,
  config: ResolvedCaptureConfig,
  { instance, deps }: { readonly instance: string; readonly deps: DecisionDeps },
): Promise<CaptureState> {
  const position = await getBinlogEnd(connection);
  return {
    version: 1,
    prefix: config.prefix,
    instance,
    flush: 0,
    epoch: 1,
    connector: deps.checked.server.connector,
    position,
    done: null,
    gtid: null,
    tables: addNewTables({}, config, position),
  };
}

function addNewTables(
  known: CaptureState['tables'],
  config: ResolvedCaptureConfig,
  since: BinlogPosition,
): CaptureState['tables'] {
  const tables: Record<string, TableState> = {};
  for (const { id } of config.tables.values())
    tables[id] = known[id] ?? newTable(config.snapshot === 'never' ? 'done' : 'pending', since);
  return tables;
}

function newTable(snapshot: TableState['snapshot'], since: BinlogPosition): TableState {
  return { snapshot, again: false, since, rows: 0, lastKey: null, chunk: null };
}

/** Positions of another binlog do not compare with the old ones: the epoch makes them all newer. */
function startEpoch(
  stored: CaptureState,
  config: ResolvedCaptureConfig,
  { instance, since }: { readonly instance: string; readonly since: BinlogPosition },
): CaptureState {
  const tables: Record<string, TableState> = {};
  for (const { id } of config.tables.values())
    tables[id] = { ...newTable('pending', since), again: true };
  return {
    ...stored,
    instance,
    epoch: stored.epoch + 1,
    position: since,
    done: null,
    gtid: null,
    tables,
  };
}
