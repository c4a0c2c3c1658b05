type Search = Readonly<Record<string, unknown>>;

/** A search parameter as text, left out when it is empty or absent. */
export function text<Name extends string>(
  search: Search,
  name: Name,
): { [Key in Name]?: string | undefined } {
  const value = search[name];
  const isGiven = (typeof value === 'string' && value !== '') || typeof value === 'number';
  return (isGiven ? { [name]: String(value) } : {}) as { [Key in Name]?: string | undefined };
}

/** One of the words known; any other is left out, so that an old link still opens. */
export function oneOf<Name extends string, Word extends string>(
  search: Search,
  name: Name,
  words: readonly Word[],
): { [Key in Name]?: Word | undefined } {
  const word = words.find((each) => each === search[name]);
  return (word === undefined ? {} : { [name]: word }) as { [Key in Name]?: Word | undefined };
}

/** A whole number from 0 on. */
export function whole<Name extends string>(
  search: Search,
  name: Name,
): { [Key in Name]?: number | undefined } {
  const value = Number(search[name]);
  const isGiven = search[name] !== undefined && Number.isInteger(value) && value >= 0;
  return (isGiven ? { [name]: value } : {}) as { [Key in Name]?: number | undefined };
}
