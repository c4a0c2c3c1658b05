type Schema = Readonly<Record<string, unknown>>;

/** One input of the trigger form. */
export interface ParamField {
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  readonly isRequired: boolean;
  readonly kind:
    'text' | 'number' | 'integer' | 'boolean' | 'date' | 'datetime' | 'choice' | 'lines' | 'json';
  /** Of a choice, as JSON text. */
  readonly choices: readonly string[];
  /** What the input starts with; '' for nothing. */
  readonly initial: string;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

/** The inputs of a JSON Schema; what has no input of its own is edited as JSON. */
export function toFields(schema: Schema | null): readonly ParamField[] {
  const properties = (schema?.['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const required = (schema?.['required'] ?? []) as readonly string[];
  return Object.entries(properties).map(([name, property]) => {
    const choices = choicesOf(property);
    const kind = kindOf(property, choices);
    return {
      name,
      title: typeof property['title'] === 'string' ? property['title'] : name,
      description: typeof property['description'] === 'string' ? property['description'] : null,
      isRequired: required.includes(name) && property['default'] === undefined,
      kind,
      choices,
      initial: toInput(property['default'], kind),
      minimum: numberOf(property['minimum']),
      maximum: numberOf(property['maximum']),
    };
  });
}

function choicesOf(property: Schema): readonly string[] {
  const values = Array.isArray(property['enum']) ? property['enum'] : constantsOf(property);
  return values.map((value) => JSON.stringify(value));
}

/** A union of constants is a choice too. */
function constantsOf(property: Schema): readonly unknown[] {
  const options = property['anyOf'] ?? property['oneOf'];
  if (!Array.isArray(options)) return [];
  const all = options as readonly Schema[];
  return all.every((option) => 'const' in option) ? all.map((option) => option['const']) : [];
}

function kindOf(property: Schema, choices: readonly string[]): ParamField['kind'] {
  if (choices.length > 0) return 'choice';
  switch (property['type']) {
    case 'string':
      return property['format'] === 'date'
        ? 'date'
        : property['format'] === 'date-time'
          ? 'datetime'
          : 'text';
    case 'number':
    case 'integer':
    case 'boolean':
      return property['type'];
    case 'array':
      return (property['items'] as Schema | undefined)?.['type'] === 'string' ? 'lines' : 'json';
    default:
      return 'json';
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** A value as the text its input holds. */
export function toInput(value: unknown, kind: ParamField['kind']): string {
  if (value === undefined) return '';
  if (kind === 'choice' || kind === 'json') return JSON.stringify(value);
  if (kind === 'lines' && Array.isArray(value)) return value.join('\n');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export interface Read {
  readonly conf: Readonly<Record<string, unknown>>;
  /** What is wrong, by the name of the field. */
  readonly errors: ReadonlyMap<string, string>;
}

/** The params the inputs stand for. An empty input is a param not given, so that its default applies. */
export function readFields(
  fields: readonly ParamField[],
  inputs: Readonly<Record<string, string>>,
): Read {
  const conf: Record<string, unknown> = {};
  const errors = new Map<string, string>();
  for (const field of fields) {
    const input = inputs[field.name] ?? '';
    if (input.trim() === '') {
      if (field.isRequired) errors.set(field.name, `${field.title} is needed`);
      continue;
    }
    const value = READERS[field.kind](input);
    if (value === undefined) errors.set(field.name, MEANT[field.kind]);
    else conf[field.name] = value;
  }
  return { conf, errors };
}

const MEANT: Readonly<Record<ParamField['kind'], string>> = {
  text: 'not a text',
  number: 'a number is meant',
  integer: 'a whole number is meant',
  boolean: 'yes or no is meant',
  date: 'a date is meant',
  datetime: 'an instant is meant, 2026-11-21T10:00:00Z',
  choice: 'one of the choices is meant',
  lines: 'one value a line is meant',
  json: 'not valid JSON',
};

const READERS: Readonly<Record<ParamField['kind'], (input: string) => unknown>> = {
  text: (input) => input,
  date: (input) => input,
  datetime: (input) => (Number.isNaN(Date.parse(input)) ? undefined : input),
  number: (input) => (Number.isFinite(Number(input)) ? Number(input) : undefined),
  integer: (input) => (Number.isSafeInteger(Number(input)) ? Number(input) : undefined),
  boolean: (input) => input === 'true',
  lines: (input) =>
    input
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  choice: parseJson,
  json: parseJson,
};

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
