import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

import { TidegateError } from '../../platform/errors.ts';
import type { Json } from '../../platform/json.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import { RUN_ERRORS } from './errors.ts';

// Formats are the schema library's own business; a schema that ajv does not know by heart is no fault.
const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  useDefaults: true,
  validateFormats: false,
});
const validators = new WeakMap<object, ValidateFunction>();

/** Throws `PARAMS_INVALID`, naming every field at fault, unless the conf satisfies the DAG's params. */
export function validateParams(plan: DagPlan, conf: Json): void {
  const schema = plan.paramsSchema;
  if (schema === null) return;
  let validate = validators.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(schema);
    validators.set(schema, validate);
  }
  // A copy: defaults are filled in to judge by, the conf is kept as it was given.
  if (validate(structuredClone(conf))) return;
  const faults = (validate.errors ?? []).map(
    (fault) =>
      `${fault.instancePath === '' ? 'conf' : fault.instancePath.slice(1)} ${fault.message ?? ''}`,
  );
  throw new TidegateError(
    RUN_ERRORS.paramsInvalid,
    `params of ${plan.dagId} are not valid: ${faults.join('; ')}`,
    { details: { dagId: plan.dagId, faults } },
  );
}
