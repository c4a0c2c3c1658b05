import { checkSchema, Database, migrate } from '@tidegate/engine/server';
import { naming } from '@tidegate/standalone/process';
import { TidegateError } from '@tidegate/engine/platform';

import { EXIT, type ExitCode } from '../errors.ts';
import { checkServers, readServiceConfig } from './config.ts';
import { requireValue } from './required.ts';

interface Talk {
  readonly print: (text: string) => void;
  readonly say: (text: string) => void;
}

/** `tidegate db migrate`: brings the metadata schema to this release; prints each migration it applied. */
export function migrateDatabase({ print, say }: Talk): Promise<ExitCode> {
  return onDatabase(say, async (database) => {
    const applied = await migrate(database);
    for (const name of applied) print(name);
    say(applied.length === 0 ? 'the metadata schema is this release’s already' : 'migrated');
  });
}

/** `tidegate db check`: code 0 when this release can run on the metadata database, else 1 with the reason. */
export function checkDatabase({ say }: Talk): Promise<ExitCode> {
  return onDatabase(say, async (database) => {
    await checkSchema(database);
    say('the metadata database is reachable and its schema is this release’s');
  });
}

async function onDatabase(
  say: Talk['say'],
  work: (database: Database) => Promise<void>,
): Promise<ExitCode> {
  try {
    const config = readServiceConfig('db');
    await checkServers(config, ['database']);
    const url = requireValue(config.databaseUrl);
    const database = new Database({ url, poolSize: 1 });
    await naming({ variable: 'TIDEGATE_DATABASE_URL', url }, 'TARGET_UNUSABLE', () =>
      work(database),
    ).finally(() => database.close());
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof TidegateError) || error.code === 'BUG') throw error;
    say(`tidegate: ${error.message}`);
    return EXIT.unexpected;
  }
}
