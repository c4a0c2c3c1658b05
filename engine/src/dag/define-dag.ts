import { createBuilder } from './create-builder.ts';
import { dagBrand, type Dag } from './dag.ts';
import type { DagBuilder } from './dag-builder.ts';
import type { DagOptions } from './dag-options.ts';
import { normalizeDag } from './normalize-dag.ts';
import { findParamsFault, type ParamsOf, type ParamsSchema } from './params.ts';
import { refusePromise } from './refuse-promise.ts';

/**
 * Declares a DAG. `build` is called once, at once, and makes the tasks; the graph they form by referring to each
 * other is the graph of the DAG. Faults are thrown here, at the line that has them.
 */
export function defineDag<const Params extends ParamsSchema | undefined = undefined>(
  options: DagOptions<Params>,
  build: (builder: DagBuilder<ParamsOf<Params>>) => void,
): Dag<ParamsOf<Params>> {
  const settings = normalizeDag(options);
  const making = createBuilder(options);
  const built: unknown = (build as (builder: DagBuilder) => unknown)(making.builder);
  refusePromise(built, options.id);
  const { tasks, definitions, notBuilt } = making.finish();
  return Object.freeze({
    id: options.id,
    [dagBrand]: {
      serialized: { ...settings.serialized, tasks },
      tasks: definitions,
      notBuilt: [...settings.notBuilt, ...notBuilt],
      paramsFault: options.params === undefined ? undefined : findParamsFault(options.params),
      definedAt: new Error('defined here').stack ?? '',
    },
  });
}
