import type { Dag } from '../dag/dag.ts';
import type { TestOptions } from './test-options.ts';
import { TestRun, type TestedRun } from './test-run.ts';

/**
 * Runs a DAG once, in this process and without services: the engine's own trigger rules, branches, retries and
 * sensors, the worker's own way of calling tasks. Tasks run one at a time; waits (retries, sensors) pass at once, on
 * the test's clock. Pools, limits and priorities do not apply.
 */
export async function testDag(dag: Dag, options: TestOptions = {}): Promise<TestedRun> {
  return new TestRun(dag, options).finish();
}
