import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../services/services.ts';
import { armFailpoint } from './armed-failpoint.ts';
import { BankUnderLoad } from './bank-under-load.ts';
import { StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';
import { until } from './until.ts';

const OWN_DAGS = fileURLToPath(new URL('../../dags/src', import.meta.url));

/** A file with one DAG; `before` stands at its top, `body` builds the tasks. */
const dagFile = (id: string, { before = '', body = `task('only', () => 1);` } = {}): string => `
import { defineDag } from '@tidegate/engine/dag';
${before}
export const dag = defineDag({ id: '${id}', schedule: null }, ({ task }) => { ${body} });
`;

/** What is wrong with a file, and the code its author is shown. */
const BROKEN: Readonly<Record<string, readonly [code: string, text: string]>> = {
  cycle: [
    'CYCLE',
    dagFile('broken', {
      body: `const a = task('a', () => 1); task('b', () => 2, { after: [a], before: [a] });`,
    }),
  ],
  'duplicate task id': [
    'DUPLICATE_ID',
    dagFile('broken', { body: `task('same', () => 1); task('same', () => 2);` }),
  ],
  "another file's DAG id": ['DUPLICATE_DAG_ID', dagFile('bank_accounts')],
  'syntax error': ['DAG_SYNTAX', 'export const dag = defineDag({ id: ;'],
  'process.exit': ['DAG_EXITED', dagFile('broken', { before: 'process.exit(0);' })],
  'kill -9 of itself': [
    'DAG_EXITED',
    dagFile('broken', { before: `process.kill(process.pid, 'SIGKILL');` }),
  ],
  'allocation of 8 GB': [
    'DAG_OUT_OF_MEMORY',
    dagFile('broken', {
      before:
        'const kept = []; for (let i = 0; i < 512; i += 1) kept.push(Buffer.alloc(16_777_216, 1));',
    }),
  ],
  'endless loop': ['DAG_TIMEOUT', dagFile('broken', { before: 'for (;;) {}' })],
};

describeWith(['mariadb'], 'DAG files of a running product', () => {
  const env: NodeJS.ProcessEnv = {};
  const standalone = new StandaloneUnderTest({ env });
  const folder = path.join(standalone.scratch, 'dags');
  let bank: BankUnderLoad;
  let client: pg.Client;
  beforeAll(async () => {
    mkdirSync(folder);
    env['TIDEGATE_DAGS_FOLDER'] = `${OWN_DAGS}:${folder}`;
    await standalone.start();
    bank = await BankUnderLoad.open(standalone, 6);
    client = new pg.Client({ connectionString: standalone.metadataUrl });
    await client.connect();
  }, 120_000);
  afterAll(async () => {
    await client.end();
    await bank[Symbol.asyncDispose]();
    await standalone[Symbol.asyncDispose]();
  }, 90_000);
  tellFailures(standalone);

  const save = (name: string, text: string): void => {
    writeFileSync(path.join(folder, name), text);
  };
  const errorOf = (name: string, withinMs: number): Promise<string> =>
    until(
      `the import error of ${name}`,
      async () => {
        const { rows } = await client.query<{ code: string }>(
          `select code from tidegate.import_error where file like '%' || $1`,
          [name],
        );
        return rows[0]?.code;
      },
      withinMs,
    );
  /** Milliseconds from now until a DAG of that id is registered. */
  const registered = async (id: string): Promise<number> => {
    const startedAt = performance.now();
    await until(`${id} to be registered`, async () => {
      const { rowCount } = await client.query('select from tidegate.dag where dag_id = $1', [id]);
      return rowCount === 1 ? true : undefined;
    });
    return Math.round(performance.now() - startedAt);
  };

  it.each(Object.entries(BROKEN))(
    'show an import error for a file with: %s; all else runs on, and the mended file is taken at once',
    async (what, [code, text]) => {
      const id = what.replaceAll(/\W+/g, '_');
      const name = `${id}.dag.ts`;
      save(name, text);
      expect(await errorOf(name, 60_000)).toBe(code);
      await bank.timeToGoOn(what);
      save(name, dagFile(id));
      const tookMs = await registered(id);
      console.log(`${what}: registered ${tookMs} ms after it was mended`);
      expect(tookMs).toBeLessThan(10_000);
      const { rowCount } = await client.query(
        `select from tidegate.import_error where file like '%' || $1`,
        [name],
      );
      expect(rowCount).toBe(0);
    },
  );

  it.each(['register.before-commit', 'register.after-commit'] as const)(
    'are registered once although the scheduler dies at %s',
    async (name) => {
      const id = name.replaceAll(/\W+/g, '_');
      const kill = armFailpoint(standalone.failpoints, name, 'kill');
      save(`${id}.dag.ts`, dagFile(id));
      await kill.hit();
      await registered(id);
      await bank.timeToGoOn(name);
      const { rows } = await client.query<{ versions: string }>(
        `select count(*)::text as versions from tidegate.dag_version where dag_id = $1`,
        [id],
      );
      expect(rows).toEqual([{ versions: '1' }]);
    },
  );
});
