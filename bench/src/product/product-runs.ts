import { setTimeout as delay } from 'node:timers/promises';

import { clockMs } from '../dags/clock.ts';
import type { Product } from './product.ts';

/** A run that was asked for and has succeeded. */
export interface MeasuredRun {
  /** From asking over HTTP to its success being readable in the metadata. */
  readonly wallMs: number;
  /** When each task's function ran, on `clockMs`, by place in the DAG. */
  readonly ranAtMs: readonly number[];
}

/** `pollMs`: how often the metadata is asked; each question takes CPU from what is measured. (Default: 1) */
export async function measureRun(
  product: Product,
  dagId: string,
  pollMs = 1,
): Promise<MeasuredRun> {
  const startedAt = clockMs();
  const runId = await product.trigger(dagId);
  await untilEnded(product, { dagId, runIds: [runId], pollMs });
  const wallMs = clockMs() - startedAt;
  return { wallMs, ranAtMs: await ranAt(product, dagId, runId) };
}

export interface AwaitedRuns {
  readonly dagId: string;
  readonly runIds: readonly string[];
  readonly pollMs: number;
}

/** Resolves when the runs succeeded; throws where one did not. */
export async function untilEnded(
  { metadata }: Product,
  { dagId, runIds, pollMs }: AwaitedRuns,
): Promise<void> {
  for (;;) {
    const { rows } = await metadata.query<{ state: string }>({
      name: 'states',
      text: `select state from tidegate.dag_run where dag_id = $1 and run_id = any ($2) group by state`,
      values: [dagId, runIds],
    });
    if (rows.some(({ state }) => state === 'failed')) throw new Error(`a run of ${dagId} failed`);
    if (rows.every(({ state }) => state === 'success')) return;
    await delay(pollMs);
  }
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
