import type { Clock } from '../platform/clock.ts';
import type { Database } from '../store/db.ts';
import { notify } from '../store/notifications.ts';
import { setDagPaused } from '../store/reads/list-dags.ts';
import type { TopicLog } from '../topic-log/topic-log.ts';
import type { RunMaker } from './runs/run-maker.ts';
import { readStreamLag, type StreamLag } from './runs/stream-lag.ts';
import type { TriggeredRun, TriggerRequest } from './runs/trigger-run.ts';

/** A run asked for by hand, in one flat request. */
export interface TriggerRunRequest extends Omit<TriggerRequest, 'user' | 'replay'> {
  readonly dagId: string;
  readonly triggeringUser: string | null;
  /** A replay of these offsets: cursor and live runs stay untouched. */
  readonly offsets?: readonly {
    readonly partition: number;
    readonly from: number;
    readonly to: number;
  }[];
  /** A replay of the records between two instants; `to` left out: up to the end. */
  readonly from?: Date;
  readonly to?: Date;
}

/** What is asked of DAGs and their streams, by a scheduler's process and the API's alike. */
export interface DagCommands {
  triggerRun(request: TriggerRunRequest): Promise<TriggeredRun>;
  /** Lag of every stream. */
  listStreams(): Promise<StreamLag[]>;
  /** False: there is no such DAG. */
  setPaused(dagId: string, isPaused: boolean): Promise<boolean>;
}

export interface DagCommandsOptions {
  readonly database: Database;
  readonly topicLog: TopicLog;
  readonly clock: Clock;
  readonly maker: Pick<RunMaker, 'triggerRun'>;
}

export function createDagCommands(options: DagCommandsOptions): DagCommands {
  const { database, topicLog, clock, maker } = options;
  return {
    triggerRun: (request) => maker.triggerRun(request.dagId, toTriggerRequest(request)),
    listStreams: () => readStreamLag({ sql: database, topicLog }, { now: new Date(clock.now()) }),
    setPaused: async (dagId, isPaused) => {
      const isKnown = await setDagPaused(database, dagId, isPaused);
      if (isKnown) await notify(database, { kind: 'dags' });
      return isKnown;
    },
  };
}

/** The flat request in the run maker's words. */
function toTriggerRequest(request: TriggerRunRequest): TriggerRequest {
  const { triggeringUser, offsets, from, to, ...rest } = request;
  return {
    ...rest,
    user: triggeringUser,
    ...(offsets === undefined ? {} : { replay: { kind: 'offsets', ranges: offsets } }),
    ...(from === undefined
      ? {}
      : { replay: { kind: 'times', from, ...(to === undefined ? {} : { to }) } }),
  };
}
