import { clockMs } from '../dags/clock.ts';
import type { Product } from './product.ts';

/** A run that was asked for and has succeeded. */
export interface MeasuredRun {
  /** From asking over HTTP until its success is committed and heard of. */
  readonly wallMs: number;
  /** When each task's function ran, on `clockMs`, by place in the DAG. */
  readonly ranAtMs: readonly number[];
}

export async function measureRun(product: Product, dagId: string): Promise<MeasuredRun> {
  const startedAt = clockMs();
  const runId = await product.trigger(dagId);
  await product.runEnds.until([runId]);
  const wallMs = clockMs() - startedAt;
  return { wallMs, ranAtMs: await ranAt(product, dagId, runId) };
}

/** Every task succeeded once and said when it ran. A try whose grant reached no worker ran nothing. */
async function ranAt({ metadata }: Product, dagId: string, runId: string): Promise<number[]> {
  const { rows } = await metadata.query<{ ix: number; state: string; output: number }>(
    `select t.ix, t.state, t.output::float8 as output
       from tidegate.dag_run r join tidegate.task_try t on t.run_key = r.run_key
      where r.dag_id = $1 and r.run_id = $2
      order by t.ix`,
    [dagId, runId],
  );
  const ran = rows.filter(({ state }) => state !== 'lost');
  if (new Set(ran.map(({ ix }) => ix)).size < ran.length) throw new Error('a task ran twice');
  return ran.map(({ output }) => output);
}
