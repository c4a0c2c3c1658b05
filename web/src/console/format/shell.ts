/** A word as a shell takes it: as it is where that is safe, else quoted. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command of our own command line. */
export function toCommand(...words: readonly string[]): string {
  return ['npx', 'tidegate', ...words.map(quote)].join(' ');
}

/** The same call of the API with curl; the token comes from the environment, as the command line's does. */
export function toCurl(address: string, body: unknown): string {
  return [
    `curl -X POST ${quote(address)}`,
    `-H "authorization: Bearer $TIDEGATE_API_TOKEN"`,
    `-H 'content-type: application/json'`,
    `-d ${quote(JSON.stringify(body))}`,
  ].join(' \\\n  ');
}
