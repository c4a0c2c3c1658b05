import { createHash } from 'node:crypto';

import { dagBrand, type Dag } from './dag.ts';
import { dagError } from './errors.ts';
import type { SerializedDag } from './serialized-dag.ts';

/**
 * The DAG as plain JSON. Throws `NOT_BUILT_YET` naming every feature this version cannot run, and
 * `PARAMS_NEED_DEFAULTS` for a schedule whose runs could not fill the params.
 */
export function serializeDag(dag: Dag): SerializedDag {
  const { serialized, notBuilt, paramsFault } = dag[dagBrand];
  if (notBuilt.length > 0) {
    throw dagError(
      'NOT_BUILT_YET',
      `DAG '${dag.id}' uses what this version of Tidegate does not run yet: ${notBuilt.join(', ')}; remove it for now`,
      { features: notBuilt },
    );
  }
  if (paramsFault !== undefined && serialized.schedule.kind !== 'none') {
    throw dagError(
      'PARAMS_NEED_DEFAULTS',
      `DAG '${dag.id}' is scheduled, but its runs would start without params: ${paramsFault}; give defaults or schedule: null`,
    );
  }
  return serialized;
}

/** Names the content of a serialized DAG: equal DAGs, equal hashes. */
export function hashDag(serialized: SerializedDag): string {
  return createHash('sha256').update(JSON.stringify(serialized)).digest('hex');
}
