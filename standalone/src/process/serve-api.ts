import type { Logger } from '@tidegate/engine/platform';
import { createRunCommands, type Database, openDatabaseClock } from '@tidegate/engine/server';
import type { TopicLog } from '@tidegate/engine/topic-log';
import { Access, createWebApp } from '@tidegate/web/server';

import { writeRunFile } from '../home.ts';
import { VERSION } from '../version.ts';

/** The CLI of this home signs in with it for as long as we run; it ends with the home's run file. */
const HOME_TOKEN_SECONDS = 365 * 24 * 3_600;

export interface ApiConfig {
  readonly home: string;
  /** Under which the console is reached; decides who may use the default password. */
  readonly host: string;
  /** Where to listen when it is not `host`, as in a container whose port is published on `host`. */
  readonly listenHost?: string;
  readonly port: number;
  readonly allowedHosts: readonly string[];
  readonly adminPassword: string | undefined;
}

export interface ApiParts {
  readonly database: Database;
  readonly topicLog: TopicLog;
  readonly logger: Logger;
}

/** Serves API and console, and tells the CLI of this home where: in standalone and `tidegate api` alike. */
export async function serveApi(
  config: ApiConfig,
  parts: ApiParts,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const access = new Access(parts.database);
  await access.ensureAdmin(config.adminPassword);
  const clock = await openDatabaseClock(parts.database, parts.logger);
  const app = await createWebApp(
    {
      config: { host: config.host, allowedHosts: config.allowedHosts, version: VERSION },
      database: parts.database,
      runs: createRunCommands({ ...parts, clock }),
      access,
    },
    parts.logger,
  );
  const host = config.listenHost ?? config.host;
  const listened = await app.listen({ host, port: config.port });
  // Every address of the machine: whoever reads the run file is on it.
  const url = ['0.0.0.0', '::'].includes(host) ? `http://127.0.0.1:${config.port}` : listened;
  const token = await access.issueToken('admin', 'home', HOME_TOKEN_SECONDS);
  writeRunFile(config.home, { url, token });
  const stop = async (): Promise<void> => {
    clock.close();
    await app.close();
  };
  return { url, stop };
}
