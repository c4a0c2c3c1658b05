import type { Json } from '@tidegate/engine/platform';

/** Replaces registered secrets, in each form they are likely to be printed in, by `***`. */
export interface SecretMask {
  /** True when a value was new. */
  register(values: readonly string[]): boolean;
  mask(text: string): string;
  maskJson(value: Json): Json;
}

/** Shorter values would mask half of every log (`true`, `1234`). */
const SHORTEST = 5;
const MASKED = '***';

export function createSecretMask(): SecretMask {
  const values = new Set<string>();
  let forms: readonly string[] = [];
  const mask = (text: string): string =>
    forms.reduce((masked, form) => masked.replaceAll(form, MASKED), text);
  const maskJson = (value: Json): Json => {
    if (forms.length === 0) return value;
    if (typeof value === 'string') return mask(value);
    if (typeof value === 'number') return mask(String(value)) === String(value) ? value : MASKED;
    if (isJsonArray(value)) return value.map(maskJson);
    if (value === null || typeof value === 'boolean') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [mask(key), maskJson(inner)]),
    );
  };
  return {
    register: (added) => {
      const before = values.size;
      added.filter((value) => value.length >= SHORTEST).forEach((value) => values.add(value));
      if (values.size === before) return false;
      // Longest first: a secret that contains another one is masked whole.
      forms = [...new Set([...values].flatMap(formsOf))].sort((a, b) => b.length - a.length);
      return true;
    },
    mask,
    maskJson,
  };
}

/** The secrets of a connection: the password of its URI, and extras named like one. */
export function secretsOfConnection(connection: {
  readonly uri: string;
  readonly extra: Readonly<Record<string, Json>>;
}): string[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*?:([^/?#]*)@/i.exec(connection.uri)?.[1] ?? '';
  const query = [...connection.uri.matchAll(/[?&]([^=&#]+)=([^&#]*)/g)]
    .filter(([, name]) => isSecretName(name ?? ''))
    .map(([, , value]) => value ?? '');
  const extra = Object.entries(connection.extra)
    .filter(([name, value]) => isSecretName(name) && typeof value === 'string')
    .map(([, value]) => value as string);
  const written = [password, ...query].filter((value) => value !== '');
  return [...written, ...written.map(decodeLoosely), ...extra];
}

/** `password`, `api_key`, `dw-token`: names whose value is a secret whatever it looks like. */
export function isSecretName(name: string): boolean {
  return /passw(or)?d|secret|token|api[_-]?key|authorization|credential/i.test(name);
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [
    secret,
    encodeLoosely(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ];
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function encodeLoosely(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text; // A lone surrogate has no URI form.
  }
}

function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
