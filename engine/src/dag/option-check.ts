import { describe } from './duration.ts';
import { dagError } from './errors.ts';

/** An option as given, with the words an error names it by: `task 'load': retries`. */
export interface Given {
  readonly owner: string;
  readonly name: string;
  readonly value: unknown;
}

/** A whole number within bounds, or the default where nothing is given. */
export function wholeNumber(
  given: Given,
  limits: { min: number; max: number; or: number },
): number {
  const { value } = given;
  if (value === undefined) return limits.or;
  if (
    typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= limits.min &&
    value <= limits.max
  ) {
    return value;
  }
  throw badOption(given, `a whole number from ${limits.min} to ${limits.max}`);
}

export function oneOf<Choice extends string>(
  given: Given,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  if (given.value === undefined) return choices[0];
  const found = choices.find((choice) => choice === given.value);
  if (found !== undefined) return found;
  throw badOption(given, `one of ${choices.join(', ')}`);
}

export function text(given: Given): string | null {
  if (given.value === undefined) return null;
  if (typeof given.value === 'string') return given.value;
  throw badOption(given, 'text');
}

export function flag(given: Given): boolean {
  if (given.value === undefined) return false;
  if (typeof given.value === 'boolean') return given.value;
  throw badOption(given, 'true or false');
}

export function texts(given: Given): readonly string[] {
  if (given.value === undefined) return [];
  const { value } = given;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string'))
    return [...new Set(value)];
  throw badOption(given, 'an array of texts');
}

export function badOption(given: Given, remedy: string): Error {
  return dagError(
    'BAD_OPTION',
    `${given.owner}: ${given.name} is ${describe(given.value)}; give ${remedy}`,
  );
}

/** Refuses keys nobody reads, which would otherwise be settings that silently do nothing. */
export function checkKeys(options: object, known: readonly string[], owner: string): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const [nearest] = known
    .map((key) => ({ key, steps: distance(unknown, key), shared: sharedPrefix(unknown, key) }))
    .sort((a, b) => a.steps - a.shared / 2 - (b.steps - b.shared / 2));
  const hint =
    nearest !== undefined && nearest.steps <= 3 ? `; did you mean '${nearest.key}'?` : '';
  throw dagError('UNKNOWN_OPTION', `${owner}: there is no option '${unknown}'${hint}`);
}

/** People err at the end of words: `retry` means `retries` rather than `onRetry`. */
function sharedPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/** Levenshtein distance, case ignored. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1]?.toLowerCase() === b[j - 1]?.toLowerCase();
      const replaced = (row[j - 1] ?? 0) + (same ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
