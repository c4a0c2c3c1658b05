import { createHash } from 'node:crypto';

import type { SerializedDag, SerializedTask } from '../dag/serialized-dag.ts';
import type {
  ImportFailure,
  RegisteredDag,
  RegisterRequest,
  RegisterResponse,
} from '../execution/contract.ts';
import { EXECUTION_ERRORS } from '../execution/errors.ts';
import { poolKey } from '../state/flush-rows.ts';
import { leavesOf, toTaskGraph } from '../state/task-graph.ts';
import type { Database, Tx } from './db.ts';
import { notify } from './notifications.ts';
import { lockRegistration } from './registration-lock.ts';

/**
 * Takes over what registration found in one file. A file that failed keeps its last good versions; a DAG the
 * file no longer has goes stale; an id another file holds is refused, naming both, and so is a pool that does not
 * exist or has fewer slots than a task takes: its tasks would wait for ever.
 */
export async function registerDags(
  database: Database,
  request: RegisterRequest,
): Promise<RegisterResponse> {
  return database.transaction(async (tx) => {
    await lockRegistration(tx);
    const error =
      request.error ?? (await findDuplicate(tx, request)) ?? (await findUnfitPool(tx, request));
    await saveImportError(tx, request.file, error);
    if (error !== null) return { dags: [], error };
    const dags = [];
    for (const dag of request.dags) dags.push(await registerDag(tx, request.file, dag));
    await markStale(tx, request);
    await notify(tx, { kind: 'dags' });
    return { dags, error: null };
  });
}

async function findDuplicate(tx: Tx, request: RegisterRequest): Promise<ImportFailure | null> {
  const ids = request.dags.map((dag) => dag.serialized.id);
  const result = await tx.query<{ dag_id: string; file: string }>(
    `select dag_id, file
       from tidegate.dag
      where dag_id = any ($1) and file <> $2 and not is_stale
      order by dag_id
      limit 1`,
    [ids, request.file],
  );
  const taken = result.rows[0];
  if (taken === undefined) return null;
  return {
    code: EXECUTION_ERRORS.duplicateDag,
    message: `DAG ${taken.dag_id} in ${request.file} is also in ${taken.file}: give one of them another id`,
    line: null,
    column: null,
    codeFrame: null,
  };
}

async function findUnfitPool(tx: Tx, request: RegisterRequest): Promise<ImportFailure | null> {
  const { rows } = await tx.query<{ key: string; cap: number }>(
    'select key, cap from tidegate.limit_usage',
  );
  const slotsOf = new Map(rows.map(({ key, cap }) => [key, cap]));
  for (const { serialized } of request.dags) {
    for (const task of serialized.tasks) {
      const unfit = judgePool(`task ${task.id} of DAG ${serialized.id}`, task, slotsOf);
      if (unfit !== null) return { ...unfit, line: null, column: null, codeFrame: null };
    }
  }
  return null;
}

function judgePool(
  who: string,
  task: SerializedTask,
  slotsOf: ReadonlyMap<string, number>,
): Pick<ImportFailure, 'code' | 'message'> | null {
  const slots = slotsOf.get(poolKey(task));
  if (slots === undefined) {
    return {
      code: EXECUTION_ERRORS.poolMissing,
      message:
        `${who} runs in pool ${task.pool}, which does not exist: ` +
        'create the pool, and the file is registered by itself, or correct its name',
    };
  }
  // A pool without slots is closed for a while: whoever closed it knows that its tasks wait.
  if (slots === 0 || task.poolSlots <= slots) return null;
  return {
    code: EXECUTION_ERRORS.poolTooSmall,
    message:
      `${who} takes ${task.poolSlots} slots of pool ${task.pool}, which has ${slots}, and would wait for ever: ` +
      `give the pool ${task.poolSlots} slots, and the file is registered by itself, or lower the task's poolSlots`,
  };
}

async function saveImportError(tx: Tx, file: string, error: ImportFailure | null): Promise<void> {
  if (error === null) {
    await tx.query('delete from tidegate.import_error where file = $1', [file]);
    return;
  }
  await tx.query(
    `insert into tidegate.import_error (file, code, message, line, column_number, code_frame)
     values ($1, $2, $3, $4, $5, $6)
         on conflict (file) do update
        set code = excluded.code, message = excluded.message, line = excluded.line,
            column_number = excluded.column_number, code_frame = excluded.code_frame, at = now()`,
    [file, error.code, error.message, error.line, error.column, error.codeFrame],
  );
}

async function registerDag(
  tx: Tx,
  file: string,
  dag: RegisteredDag,
): Promise<RegisterResponse['dags'][number]> {
  const { serialized } = dag;
  await tx.query('set constraints all deferred');
  const version = await saveVersion(tx, dag);
  await tx.query(
    `insert into tidegate.dag
       (dag_id, file, version_key, owner, tags, description, schedule, max_active_runs)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (dag_id) do update
        set file = excluded.file, version_key = excluded.version_key, owner = excluded.owner,
            tags = excluded.tags, description = excluded.description,
            schedule = excluded.schedule, max_active_runs = excluded.max_active_runs,
            is_stale = false, registered_at = now(),
            -- A changed timetable is asked anew.
            next_run_after = case
              when dag.schedule::text = excluded.schedule::text and not dag.is_stale
              then dag.next_run_after
            end`,
    [
      serialized.id,
      file,
      version.key,
      serialized.owner,
      serialized.tags,
      serialized.description,
      JSON.stringify(serialized.schedule),
      serialized.maxActiveRuns,
    ],
  );
  return { id: serialized.id, version: version.number, isNew: version.isNew };
}

interface VersionRow {
  key: number;
  number: number;
}

async function saveVersion(
  tx: Tx,
  dag: RegisteredDag,
): Promise<{ key: number; number: number; isNew: boolean }> {
  const hash = contentHash(dag);
  const found = await tx.query<VersionRow>(
    `select version_key as key, number
       from tidegate.dag_version
      where dag_id = $1 and content_hash = $2`,
    [dag.serialized.id, hash],
  );
  if (found.rows[0] !== undefined) return { ...found.rows[0], isNew: false };
  const graph = toTaskGraph(dag.serialized.tasks);
  const saved = await tx.query<VersionRow>(
    `insert into tidegate.dag_version
       (dag_id, number, content_hash, serialized, task_totals, task_retries, leaves, run_timeout_ms,
        bundle_hash, export_name, source)
     select $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10
       from tidegate.dag_version
      where dag_id = $1
     returning version_key as key, number`,
    [
      dag.serialized.id,
      hash,
      JSON.stringify(dag.serialized),
      graph.tasks.map((task) => task.upstream.length),
      dag.serialized.tasks.map((task) => task.retries),
      leavesOf(graph).length,
      dag.serialized.runTimeoutMs,
      dag.bundle.hash,
      dag.bundle.exportName,
      dag.source.replaceAll('\0', ''),
    ],
  );
  return { ...(saved.rows[0] ?? { key: 0, number: 0 }), isNew: true };
}

/** DAGs the file had and no longer has. Their runs go on; nothing new is made for them. */
async function markStale(tx: Tx, request: RegisterRequest): Promise<void> {
  await tx.query(
    `update tidegate.dag
        set is_stale = true, next_run_after = null
      where file = $1 and not dag_id = any ($2) and not is_stale`,
    [request.file, request.dags.map((dag) => dag.serialized.id)],
  );
}

/** Equal graph, bundle and export: the same version, however often it is registered. */
function contentHash(dag: {
  readonly serialized: SerializedDag;
  readonly bundle: RegisteredDag['bundle'];
}): string {
  return createHash('sha256')
    .update(JSON.stringify([dag.serialized, dag.bundle.hash, dag.bundle.exportName]))
    .digest('hex');
}
