import type { Json } from '../platform/json.ts';
import { dagError } from './errors.ts';
import type { FromJsonSchema, ObjectJsonSchema } from './json-schema.ts';
import type { StandardIssue, StandardSchema } from './standard-schema.ts';

/** What `params` takes: a schema of any Standard Schema library (zod, …) or a JSON Schema of an object. */
export type ParamsSchema = StandardSchema | ObjectJsonSchema;

/** The params as tasks see them: after defaults and transforms. */
export type ParamsOf<Schema> = Schema extends {
  readonly '~standard': { readonly types?: infer Types };
}
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : unknown
  : Schema extends ObjectJsonSchema
    ? FromJsonSchema<Schema>
    : Readonly<Record<string, Json>>;

/** Turns the run's stored params into what tasks see. Throws `PARAMS_INVALID`. */
export type ParseParams = (params: unknown) => unknown;

const isStandard = (schema: ParamsSchema): schema is StandardSchema => '~standard' in schema;

/** Plain JSON for the console's form and the CLI's flags; an open object where the library offers none. */
export function toParamsSchema(schema: ParamsSchema): { readonly [key: string]: Json } {
  const json = isStandard(schema)
    ? (schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }) ?? { type: 'object' })
    : schema;
  if (json['type'] !== 'object') {
    throw dagError(
      'BAD_OPTION',
      'params: the schema must describe an object, one property a param',
    );
  }
  // Through JSON text: whatever a library leaves in its answer besides data is dropped here.
  return JSON.parse(JSON.stringify(json)) as { readonly [key: string]: Json };
}

/** Standard schemas validate and transform; of a JSON Schema the defaults are filled in. */
export function toParseParams(schema: ParamsSchema): ParseParams {
  if (!isStandard(schema))
    return (params) => ({ ...defaultsOf(schema), ...(params as object | undefined) });
  return (params) => {
    const result = schema['~standard'].validate(params);
    return 'then' in result ? result.then(valueOf) : valueOf(result);
  };
}

function valueOf(result: Awaited<ReturnType<StandardSchema['~standard']['validate']>>): unknown {
  if (result.issues === undefined) return result.value;
  throw dagError('PARAMS_INVALID', `the run's params do not fit: ${describeIssues(result.issues)}`);
}

function describeIssues(issues: readonly StandardIssue[]): string {
  return issues.map((issue) => `${pathOf(issue)}${issue.message}`).join('; ');
}

function pathOf(issue: StandardIssue): string {
  const keys = (issue.path ?? []).map((key) => String(typeof key === 'object' ? key.key : key));
  return keys.length === 0 ? '' : `${keys.join('.')}: `;
}

function defaultsOf(schema: ObjectJsonSchema): Record<string, unknown> {
  const withDefault = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    typeof property === 'object' && 'default' in property ? [[name, property['default']]] : [],
  );
  return Object.fromEntries(withDefault) as Record<string, unknown>;
}

/** Why a run without params would be refused, `undefined` when it would not. */
export function findParamsFault(schema: ParamsSchema): string | undefined {
  if (isStandard(schema)) {
    const result = schema['~standard'].validate({});
    if ('then' in result || result.issues === undefined) return undefined;
    return describeIssues(result.issues);
  }
  const filled = defaultsOf(schema);
  const missing = (schema.required ?? []).filter((name) => !(name in filled));
  return missing.length === 0 ? undefined : `${missing.join(', ')}: required, without a default`;
}
