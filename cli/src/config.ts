import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { CliError, EXIT } from './errors.ts';

/** Where the API is and what to show it. */
export interface CliConfig {
  readonly apiUrl: string;
  readonly token: string;
}

/**
 * The API's address and token: from `TIDEGATE_API_URL` and `TIDEGATE_API_TOKEN`, else from what a running
 * `tidegate standalone` or `api` of this home left in `TIDEGATE_HOME/run.json` (0600), else from `tidegate login`.
 */
export function readCliConfig(env: NodeJS.ProcessEnv = process.env): CliConfig {
  const url = env['TIDEGATE_API_URL'];
  const token = env['TIDEGATE_API_TOKEN'];
  if (url !== undefined && token !== undefined) return { apiUrl: url, token };
  const file = [path.join(readHome(env), 'run.json'), signInFile(env)].find((one) =>
    existsSync(one),
  );
  if (file === undefined) {
    throw new CliError(
      EXIT.unreachable,
      `nothing runs in this home (${readHome(env)}). Start it with \`npm start\`, sign in elsewhere with ` +
        '`tidegate login`, or set TIDEGATE_API_URL and TIDEGATE_API_TOKEN',
    );
  }
  const known = JSON.parse(readFileSync(file, 'utf8')) as { url: string; token: string };
  // A token of one API is never shown to another.
  if (url !== undefined && token === undefined && !isSameApi(url, known.url)) {
    throw new CliError(
      EXIT.notAllowed,
      `TIDEGATE_API_URL is not the API whose token ${file} holds (${known.url}): set TIDEGATE_API_TOKEN, too`,
    );
  }
  return { apiUrl: url ?? known.url, token: token ?? known.token };
}

function isSameApi(one: string, other: string): boolean {
  return URL.canParse(one) && new URL(one).origin === new URL(other).origin;
}

/** Keeps what `tidegate login` was given, for this user alone; answers the file. */
export function keepSignIn({ apiUrl, token }: CliConfig): string {
  const file = signInFile();
  mkdirSync(path.dirname(file), { recursive: true });
  // Made anew: an old file would keep the rights it has.
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify({ url: apiUrl, token }), { mode: 0o600 });
  return file;
}

export function forgetSignIn(): void {
  rmSync(signInFile(), { force: true });
}

function signInFile(env: NodeJS.ProcessEnv = process.env): string {
  return path.join(readHome(env), 'login.json');
}

/** The folder of everything kept, `TIDEGATE_HOME`. */
export function readHome(env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env['TIDEGATE_HOME'] || '.tidegate');
}
