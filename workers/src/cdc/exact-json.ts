/**
 * Numbers that a double cannot hold. `JSON.parse` rounds them silently, so a record in which a decoder
 * meets one is parsed again here, with such literals kept as text. Slow (about 10 us a record), hence only
 * then.
 */
export interface ExactNumber {
  readonly '#number': string;
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** As `JSON.parse`, but number literals of 16 and more characters become `ExactNumber`. */
export function parseExactly(text: string): unknown {
  const kept = text.replace(STRING_OR_NUMBER, (token) =>
    token.charCodeAt(0) === 34 || token.length < 16 ? token : `{"#number":"${token}"}`,
  );
  return JSON.parse(kept);
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return typeof value === 'object' && value !== null && '#number' in value;
}
