import { z } from 'zod';

import type { SerializedDag } from '../dag/serialized-dag.ts';
import type { TaskOutcome } from '../dag/task-outcome.ts';
import type { Json } from '../platform/json.ts';

/**
 * The execution API: everything that passes between workers and the engine, over HTTP with JSON bodies.
 *
 * A worker authenticates with the worker token (claim, start, heartbeat, finish, log, register). What a task
 * process asks for itself (connection, variable) carries the task token of its grant, good for one try.
 */
export const EXECUTION_ROUTES = {
  /** POST ClaimRequest → ClaimResponse. Long poll; in the postgres lane a claim is the start. */
  claim: '/execution/claim',
  /** POST StartRequest → StartResponse. BullMQ lane: turns queued jobs into grants. */
  start: '/execution/start',
  /** POST HeartbeatRequest → HeartbeatResponse. One call for all tasks of a worker. */
  heartbeat: '/execution/heartbeat',
  /** POST FinishRequest → FinishResponse. Answered after commit. */
  finish: '/execution/finish',
  /** POST LogRequest → 204. */
  log: '/execution/log',
  /** GET, held open by the supervisor: when it closes, the worker's leases are revoked after 2 s. */
  session: '/execution/session',
  /** GET /:id with a task token → ConnectionResponse. */
  connection: '/execution/connection',
  /** GET /:id with a task token → VariableResponse. */
  variable: '/execution/variable',
  /** PUT /:hash (bytes), GET /:hash → bytes. Bundles, by content hash. */
  artefact: '/execution/artefact',
  /** PUT RegisterRequest → RegisterResponse. GET → RegisteredFilesResponse. */
  dags: '/execution/dags',
} as const;

const id = z.string().min(1).max(250);
const count = z.number().int().nonnegative();

/** Names one try of one task instance; `token` is the fence token of its grant. */
export const taskKeySchema = z.object({ runKey: count, ix: count, tryNumber: count, token: count });
export type TaskKey = z.infer<typeof taskKeySchema>;

export const claimRequestSchema = z.object({
  workerId: id,
  /** New with every start of the worker process; a newer one of the same `workerId` revokes the older one's leases. */
  sessionId: id,
  queues: z.array(id).min(1),
  /** Free slots: the most grants wanted. */
  slots: z.number().int().min(1).max(10_000),
  /** How long to hold the poll when there is nothing. */
  waitMs: z.number().int().min(0).max(60_000),
});
export type ClaimRequest = z.infer<typeof claimRequestSchema>;

/** Everything a task process needs to run one try. */
export interface Grant {
  readonly runKey: number;
  readonly ix: number;
  readonly tryNumber: number;
  /** Fence token, monotone across schedulers. */
  readonly token: number;
  readonly maxTries: number;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  /** How often this task instance was cleared; part of the load id. */
  readonly clearNumber: number;
  readonly queue: string;
  readonly isolation: 'shared' | 'process';
  readonly timeoutMs: number | null;
  /** Bearer of `connection` and `variable`, for this try only. */
  readonly taskToken: string;
  readonly bundle: BundleRef;
  readonly run: GrantRun;
  readonly params: Json;
  /** Outputs by input name; a missing name stands for `undefined`. */
  readonly input: { readonly [name: string]: Json };
  readonly ranges: readonly { topic: string; partition: number; from: number; to: number }[];
  readonly connections: readonly string[];
  /**
   * Sensors: time since the first look of this try, for the total timeout; null at the first. Told by the engine, whose
   * time is the database's: a worker's clock may be hours off.
   */
  readonly elapsedMs: number | null;
}

export interface BundleRef {
  readonly hash: string;
  /** Name under which the bundle's module exports the DAG. */
  readonly exportName: string;
}

export interface GrantRun {
  readonly runType: 'scheduled' | 'manual' | 'backfill' | 'asset_triggered';
  readonly logicalDate: string | null;
  readonly dataIntervalStart: string | null;
  readonly dataIntervalEnd: string | null;
  readonly runAfter: string;
  readonly lane: 'live' | 'backfill';
}

export interface ClaimResponse {
  readonly grants: readonly Grant[];
  /** The lease every grant runs under; renew well before. */
  readonly leaseMs: number;
}

export const startRequestSchema = z.object({
  workerId: id,
  sessionId: id,
  jobs: z
    .array(z.object({ runKey: count, ix: count, tryNumber: count, nonce: z.string() }))
    .min(1)
    .max(1_000),
});
export type StartRequest = z.infer<typeof startRequestSchema>;

export interface StartResponse {
  /** One entry a job, in order; null: stale, drop the job. */
  readonly grants: readonly (Grant | null)[];
  readonly leaseMs: number;
}

export const heartbeatRequestSchema = z.object({
  workerId: id,
  sessionId: id,
  tasks: z.array(
    taskKeySchema.extend({
      progress: z.object({ done: z.number(), total: z.number().optional() }).optional(),
      waitingFor: z.string().max(1_000).optional(),
    }),
  ),
});
export type HeartbeatRequest = z.infer<typeof heartbeatRequestSchema>;

export interface HeartbeatResponse {
  readonly leaseMs: number;
  /** Tries this worker no longer holds: abort them, their reports are stale. */
  readonly revoked: readonly TaskKey[];
}

const json = z.custom<Json>((value) => value !== undefined);
const taskErrorSchema = z.object({
  name: z.string(),
  message: z.string(),
  stack: z.string().exactOptional(),
  code: z.string().exactOptional(),
});

export const taskOutcomeSchema: z.ZodType<TaskOutcome> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('success'), output: json }),
  z.object({ kind: z.literal('failed'), error: taskErrorSchema, retriable: z.boolean() }),
  z.object({ kind: z.literal('skipped'), reason: z.string() }),
  z.object({ kind: z.literal('branched'), chosen: z.array(z.string()), output: json }),
  z.object({ kind: z.literal('short_circuited'), output: json }),
  z.object({ kind: z.literal('rescheduled'), afterMs: count }),
  z.object({
    kind: z.literal('lost'),
    reason: z.string(),
    cause: z.literal('process_killed').exactOptional(),
  }),
]);

export const finishRequestSchema = z.object({
  workerId: id,
  sessionId: id,
  results: z
    .array(
      z.object({
        task: taskKeySchema,
        outcome: taskOutcomeSchema,
        startedAt: z.string(),
        endedAt: z.string(),
      }),
    )
    .min(1)
    .max(1_000),
  /** Free slots after these results: new grants may come back with the answer. 0: none wanted. */
  slots: count,
  queues: z.array(id).min(1),
  /** The worker's time as it sends this: how far its clock is off. */
  sentAt: z.string().optional(),
});
export type FinishRequest = z.infer<typeof finishRequestSchema>;

export interface FinishResponse {
  /** One entry a result, in order. `stale`: try or token differ, nothing was changed. */
  readonly results: readonly ('accepted' | 'stale')[];
  readonly grants: readonly Grant[];
}

/** A compressed piece of one try's log, at most 64 kB compressed. */
export const logChunkSchema = z.object({
  task: taskKeySchema,
  sequence: count,
  firstLine: count,
  lines: count,
  /** Uncompressed. */
  bytes: count,
  highestLevel: z.enum(['debug', 'info', 'warn', 'error']),
  /** zlib deflate of NDJSON log lines (`LogLine`), base64. */
  data: z.string(),
});
export type LogChunk = z.infer<typeof logChunkSchema>;

export const logRequestSchema = z.object({
  workerId: id,
  chunks: z.array(logChunkSchema).min(1).max(256),
});
export type LogRequest = z.infer<typeof logRequestSchema>;

/** One line of a task log, NDJSON inside a chunk. */
export interface LogLine {
  /** ISO instant. */
  readonly at: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly source: 'log' | 'stdout' | 'stderr' | 'system';
  readonly message: string;
  readonly fields?: { readonly [key: string]: Json };
}

export interface ConnectionResponse {
  readonly id: string;
  readonly type: string;
  readonly uri: string;
  readonly extra: { readonly [key: string]: Json };
}

export interface VariableResponse {
  readonly id: string;
  readonly value: string;
}

/** What registration found in one file. A file with an error keeps its last good versions running. */
export interface RegisterRequest {
  /** Path relative to its DAGs folder, `/`-separated. */
  readonly file: string;
  readonly dags: readonly RegisteredDag[];
  readonly error: ImportFailure | null;
}

export interface RegisteredDag {
  readonly serialized: SerializedDag;
  readonly bundle: BundleRef;
  /** The file's text, for the console's code page. */
  readonly source: string;
}

export interface ImportFailure {
  readonly code: string;
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
  /** A few lines around the fault with a marker. */
  readonly codeFrame: string | null;
}

export interface RegisterResponse {
  readonly dags: readonly {
    readonly id: string;
    readonly version: number;
    readonly isNew: boolean;
  }[];
  /** Refused by the engine (a DAG id another file holds, …); also kept as the file's import error. */
  readonly error: ImportFailure | null;
}

/** What the engine knows of a DAG file. */
export interface RegisteredFile {
  readonly file: string;
  readonly dags: readonly { readonly id: string; readonly version: number }[];
  /** Code of its import error; its DAGs are then the last good ones. */
  readonly error: string | null;
}

export interface RegisteredFilesResponse {
  /** Of the metadata database: another one after a failover, which may have lost files. Null where it is not told. */
  readonly timeline: string | null;
  readonly files: readonly RegisteredFile[];
}
