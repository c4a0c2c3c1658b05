import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';

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
  const faults = (validate.errors ?? []).map(describeFault);
  throw new TidegateError(
    RUN_ERRORS.paramsInvalid,
    `params of ${plan.dagId} are not valid: ${faults.join('; ')}`,
    { details: { dagId: plan.dagId, faults } },
  );
}

/** `day must be string`, `'dya' is not a param`. */
function describeFault({ keyword, instancePath, params, message }: ErrorObject): string {
  if (keyword === 'additionalProperties') {
    return `'${String(params['additionalProperty'])}' is not a param`;
  }
  return `${instancePath === '' ? 'conf' : instancePath.slice(1)} ${message ?? ''}`;
}
