import type { Chunk, RefusedRecord } from './chunk.ts';
import type { LoadTarget } from './load-target.ts';
import { LOAD_LOCK } from './private-schema.ts';
import { literal } from './sql-text.ts';
import { arrayLiterals } from './stage-text.ts';
import type { StagedRow } from './staged-row.ts';
import type { TargetShape } from './target-shape.ts';

/** Who loads: what the fence and the ledger go by. */
export interface LoadIdentity {
  readonly topic: string;
  readonly loadId: string;
  readonly fenceKey: string;
  readonly fenceToken: number;
  /** To be fixed by this load, undefined when it is. */
  readonly kind: string | undefined;
}

export interface LoadStep {
  readonly target: LoadTarget;
  readonly shape: TargetShape;
  readonly identity: LoadIdentity;
}

/**
 * The whole load of a staged chunk as one message, so that nothing between lock and commit waits for us.
 * Each statement has its own snapshot, taken after the lock is held: what earlier loads did is seen.
 *
 * Order: lock → fence → stream kind → generation → ledger → values left out → history → truncate, ends of re-snapshots → dirty groups → current →
 * deleted keys → quarantine. The fence comes before the ledger, so that an overtaken try hears of it even
 * when its range is loaded already.
 */
export function loadMessage(step: LoadStep, chunk: Chunk, rows: readonly StagedRow[]): string {
  const { identity } = step;
  return [
    `select pg_advisory_xact_lock(${LOAD_LOCK}, ${step.shape.id})`,
    `execute tg_fence(${literal(identity.fenceKey)}, ${identity.fenceToken})`,
    ...kindStatements(identity),
    `execute tg_load(${literal(identity.loadId)})`,
    ...chunk.parts.map((part) => ledgerStatement(identity, part)),
    ...applyStatements(step, chunk, rows),
    ...positionStatements(identity, chunk),
    ...chunk.parts.map(
      (part) =>
        `execute tg_resolve(${literal(identity.topic)}, ${part.partition}, ${part.from}, ${part.to})`,
    ),
    ...chunk.refused.map((record) => quarantineStatement(identity, record)),
    'commit',
  ].join(';\n');
}

/** Tries rows on the tables and leaves no trace: how a refused row is found. */
export function trialMessage(step: LoadStep, rows: readonly StagedRow[]): string {
  return [
    `select pg_advisory_xact_lock(${LOAD_LOCK}, ${step.shape.id})`,
    ...kindStatements(step.identity),
    `execute tg_load(${literal(step.identity.loadId)})`,
    ...applyStatements(step, { truncate: undefined, markers: [] }, rows),
    'set constraints all immediate',
    'rollback',
  ].join(';\n');
}

/** Stages rows inside the message; for few of them, which saves two round trips. */
export function stageMessage(rows: readonly StagedRow[]): string {
  return `execute tg_stage(${arrayLiterals(rows)})`;
}

/** Makes the stream's row too, whose number current's rows carry. */
function kindStatements({ topic, kind }: LoadIdentity): string[] {
  return kind === undefined ? [] : [`execute tg_kind(${literal(topic)}, ${literal(kind)})`];
}

function applyStatements(
  { target, identity }: LoadStep,
  { truncate, markers }: Pick<Chunk, 'truncate' | 'markers'>,
  rows: readonly StagedRow[],
): string[] {
  const load = `(${literal(identity.loadId)})`;
  const topic = literal(identity.topic);
  const touches = (name: string, args: string): string[] =>
    target.groups.map((_, index) => `execute tg_${name}_${index}${args}`);
  const has = (ops: string): boolean => rows.some(({ op }) => ops.includes(op));
  const hasGone = has('dx');
  const statements: string[] = [];
  if (rows.some(({ kept }) => kept !== undefined)) {
    if (target.history) statements.push('execute tg_keep_history');
    statements.push('execute tg_keep', `execute tg_lacks(${topic})`);
  }
  if (target.history && has('rcud')) statements.push(`execute tg_history${load}`);
  if (target.history && has('x'))
    statements.push(`execute tg_unhistory${load}`, `execute tg_unmapped${load}`);
  if (truncate !== undefined) {
    const version = `(${truncate.v1}, ${truncate.v2})`;
    statements.push(
      `execute tg_truncated${version}`,
      ...touches('truncate_touch', version),
      `execute tg_truncate${version}`,
    );
  }
  for (const { partition, v1, v2 } of markers) {
    const end = `(${topic}, ${partition}, ${v1}, ${v2})`;
    statements.push(
      `execute tg_floor${end}`,
      `execute tg_floor_top(${topic}, ${v1}, ${v2})`,
      ...touches('marker_touch', end),
      `execute tg_marker(${literal(identity.loadId)}, ${topic}, ${partition}, ${v1}, ${v2})`,
    );
  }
  if (rows.length > 0) statements.push(...touches('touch', ''));
  if (has('rcu')) statements.push(`execute tg_upsert(${literal(identity.loadId)}, ${topic})`);
  if (hasGone) statements.push(`execute tg_delete${load}`, `execute tg_deleted${load}`);
  return statements;
}

function ledgerStatement(identity: LoadIdentity, part: Chunk['parts'][number]): string {
  const numbers = [
    part.partition,
    part.from,
    part.to,
    part.records,
    part.changes,
    part.ignored,
    part.quarantined,
  ];
  const names = `${literal(identity.loadId)}, ${literal(identity.topic)}`;
  return `execute tg_ledger(${names}, ${numbers.join(', ')})`;
}

function positionStatements(identity: LoadIdentity, chunk: Chunk): string[] {
  return chunk.positions.map(
    ({ partition, offset, v1, v2, fileBase, changedAtMs }) =>
      `execute tg_position(${literal(identity.topic)}, ${partition}, ${offset}, ${v1}, ${v2}, ` +
      `${literal(fileBase)}, ${changedAtMs})`,
  );
}

function quarantineStatement(identity: LoadIdentity, record: RefusedRecord): string {
  const values = [
    literal(identity.loadId),
    literal(identity.topic),
    record.partition,
    record.offset,
    bytesLiteral(record.key),
    bytesLiteral(record.value),
    literal(JSON.stringify(record.headers)),
    record.timestamp,
    literal(record.errorCode),
    literal(record.error.replaceAll('\0', '\\0').slice(0, 10_000)),
  ];
  return `execute tg_quarantine(${values.join(', ')})`;
}

function bytesLiteral(bytes: Buffer | null): string {
  return bytes === null ? 'null' : `'\\x${bytes.toString('hex')}'`;
}
