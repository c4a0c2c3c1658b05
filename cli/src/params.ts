import type { DagDetailsResponse } from '@tidegate/web/contract';

import { CliError, EXIT } from './errors.ts';

/** The schema of one param, as far as reading a text needs it. */
interface ParamSchema {
  readonly type?: unknown;
}

/** `--conf` as an object. Throws a usage error for anything else. */
export function parseConf(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  const example = 'an object, for example \'{"day":"2026-11-21"}\'';
  let conf: unknown;
  try {
    conf = JSON.parse(text);
  } catch (cause) {
    throw new CliError(EXIT.usage, `--conf is not valid JSON: give ${example}`, { cause });
  }
  if (typeof conf !== 'object' || conf === null || Array.isArray(conf)) {
    throw new CliError(EXIT.usage, `--conf must be ${example}`);
  }
  return conf as Record<string, unknown>;
}

/**
 * `--param day=2026-11-21` by the DAG's own schema: text stays text where the schema says so, everything else
 * is read as JSON. A name the schema does not have is refused, with those it has.
 */
export function parseParams(
  given: readonly string[],
  schema: DagDetailsResponse['tidegate_params_schema'],
): Record<string, unknown> {
  const properties = (schema?.['properties'] ?? {}) as Record<string, ParamSchema>;
  return Object.fromEntries(
    given.map((text) => {
      const [, name, value] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
      if (name === undefined || value === undefined) {
        throw new CliError(EXIT.usage, `--param ${text}: write it as name=value`);
      }
      const property = properties[name];
      if (property === undefined && schema?.['additionalProperties'] !== true) {
        const names = Object.keys(properties).join(', ');
        const known = names === '' ? 'the DAG takes none' : `the DAG takes ${names}`;
        throw new CliError(EXIT.invalid, `there is no param '${name}': ${known}`);
      }
      return [name, toValue(value, property)];
    }),
  );
}

function toValue(text: string, schema: ParamSchema | undefined): unknown {
  if (schema?.type === 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    // Left as text: the server says what the schema wants instead.
    return text;
  }
}
