import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { CliError, EXIT } from './errors.ts';

/** Where the API is and what to show it. */
export interface CliConfig {
  readonly apiUrl: string;
  readonly token: string;
}

/**
 * The API's address and token: from `TIDEGATE_API_URL` and `TIDEGATE_API_TOKEN`, else from what a running
 * `tidegate standalone` of this home left in `TIDEGATE_HOME/run.json` (0600).
 */
export function readCliConfig(env: NodeJS.ProcessEnv = process.env): CliConfig {
  const url = env['TIDEGATE_API_URL'];
  const token = env['TIDEGATE_API_TOKEN'];
  if (url !== undefined && token !== undefined) return { apiUrl: url, token };
  const file = path.join(readHome(env), 'run.json');
  if (!existsSync(file)) {
    throw new CliError(
      EXIT.unreachable,
      `nothing runs in this home (${path.dirname(file)}). Start it with \`npm start\`, or set ` +
        'TIDEGATE_API_URL and TIDEGATE_API_TOKEN',
    );
  }
  const running = JSON.parse(readFileSync(file, 'utf8')) as { url: string; token: string };
  return { apiUrl: url ?? running.url, token: token ?? running.token };
}

/** The folder of everything kept, `TIDEGATE_HOME`. */
export function readHome(env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env['TIDEGATE_HOME'] || '.tidegate');
}
