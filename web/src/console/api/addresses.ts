/** A path below a DAG or run; ids may hold any character. */
export function path(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join('/');
}

/** `?a=1&b=2` of what is set, `''` of nothing. */
export function query(
  values: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === '') continue;
    if (typeof value === 'object') for (const each of value) search.append(name, each);
    else search.append(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
