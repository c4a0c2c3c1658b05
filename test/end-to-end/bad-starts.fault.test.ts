import { createServer, type Server } from 'node:net';
import path from 'node:path';

import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  findFreePort,
  type PostgresServer,
  startPostgres,
} from '../../standalone/src/services/index.ts';
import { createMysqlDatabase, describeWith, serviceAddress } from '../services/services.ts';
import { fetchPostgres, TOO_OLD_POSTGRES } from '../services/old-postgres.ts';
import { createOwnSource, type OwnSource } from '../services/own-source.ts';
import { processesNaming } from './process-tree.ts';
import { StandaloneUnderTest } from './standalone-under-test.ts';

describeWith(['mariadb', 'postgres'], 'npm start with a fault in its surroundings', () => {
  let postgres: PostgresServer;
  let noBinlog: OwnSource;
  let taken: Server;
  let nobody: number;
  const env: NodeJS.ProcessEnv = {};
  const product = new StandaloneUnderTest({ env });
  const source = new URL('mysql://placeholder');
  beforeAll(async () => {
    postgres = await startPostgres({
      dataFolder: path.join(product.scratch, 'postgres'),
      logFile: path.join(product.scratch, 'postgres.log'),
      password: 'right',
    });
    const administrator = new pg.Client({ connectionString: postgres.url });
    await administrator.connect();
    await administrator.query(`create role poor login password 'poor'`);
    await administrator.query('revoke create on schema public from public');
    await administrator.end();
    noBinlog = await createOwnSource('mariadb');
    await noBinlog.start(['--skip-log-bin', '--binlog-format=STATEMENT']);
    taken = createServer().listen(0, '127.0.0.1');
    nobody = await findFreePort();
    const database = await createMysqlDatabase('bad_start');
    source.href = database.url;
  }, 120_000);
  afterAll(async () => {
    taken.close();
    await postgres.stop();
    await noBinlog[Symbol.asyncDispose]();
    await product[Symbol.asyncDispose]();
  });

  /** Starts with these variables: it must end with code 1 and these words, and leave nothing running. */
  const expectRefusal = async (
    variables: NodeJS.ProcessEnv,
    ...parts: readonly RegExp[]
  ): Promise<void> => {
    for (const name of Object.keys(env)) Reflect.deleteProperty(env, name);
    Object.assign(env, variables);
    const from = product.output.length;
    await product.launch();
    expect(await product.ended(60_000)).toBe(1);
    expect(processesNaming(product.home)).toEqual([]);
    const said = product.output
      .slice(from)
      .split('\n')
      .filter((line) => !/^ {2}\w|starting the databases/.test(line))
      .join('\n');
    console.log(said.trim());
    for (const part of parts) expect(said).toMatch(part);
    expect(said).not.toMatch(/\n\s+at /);
  };
  const postgresUrl = (user: string, database = 'postgres', port = postgres.port): string =>
    `postgres://${user}@127.0.0.1:${port}/${database}`;

  it('names every fault of the configuration at once', async () => {
    await expectRefusal(
      {
        TIDEGATE_PORT: 'eighty',
        TIDEGATE_HOMEE: '/tmp',
        TIDEGATE_CONN_BANKDW: 'bankdw',
        TIDEGATE_KAFKA_SASL_USERNAME: 'user',
        TIDEGATE_KAFKA_TLS_CA: '/nowhere/ca.pem',
      },
      /TIDEGATE_PORT is no port number/,
      /TIDEGATE_HOMEE is not known/,
      /TIDEGATE_CONN_BANKDW must be a URI/,
      /TIDEGATE_KAFKA_SASL_PASSWORD/,
      /TIDEGATE_KAFKA_TLS_CA names a file that cannot be read: ENOENT/,
      /TIDEGATE_KAFKA_TLS_CA means nothing without encryption: set TIDEGATE_KAFKA_TLS=on/,
    );
  });

  it('names a port that is taken', async () => {
    const { port } = taken.address() as { port: number };
    await expectRefusal({ TIDEGATE_PORT: String(port) }, /in use/, /TIDEGATE_PORT/);
    await expectRefusal(
      { TIDEGATE_POSTGRES_PORT: String(port) },
      /in use/,
      /TIDEGATE_POSTGRES_PORT/,
    );
  });

  it.each(['TIDEGATE_DATABASE_URL', 'TIDEGATE_CONN_BANKDW'])(
    'says of %s what is wrong with it',
    async (variable) => {
      const named = new RegExp(variable);
      await expectRefusal(
        { [variable]: postgresUrl('postgres:wrong') },
        named,
        /check user and password/,
      );
      await expectRefusal(
        { [variable]: postgresUrl('postgres:right', 'none') },
        named,
        /no database 'none'/,
      );
      await expectRefusal(
        { [variable]: postgresUrl('a:b', 'c', nobody) },
        named,
        /nothing answers/,
      );
    },
  );

  it.each(['TIDEGATE_DATABASE_URL', 'TIDEGATE_CONN_BANKDW'])(
    'says of %s that its PostgreSQL is too old',
    async (variable) => {
      const old = await startPostgres({
        dataFolder: path.join(product.scratch, 'old-postgres'),
        logFile: path.join(product.scratch, 'old-postgres.log'),
        binaries: fetchPostgres(TOO_OLD_POSTGRES),
      });
      const tooOld = new RegExp(`${variable}: PostgreSQL 13 is too old, 14 or newer is needed: `);
      await expectRefusal({ [variable]: old.url }, tooOld);
      await old.stop();
    },
  );

  it('says which rights a database user lacks, and of two databases all that is wrong', async () => {
    const url = postgresUrl('poor:poor');
    const grants = /grant create on database "postgres" to "poor"/;
    await expectRefusal({ TIDEGATE_DATABASE_URL: url }, /TIDEGATE_DATABASE_URL/, grants);
    await expectRefusal({ TIDEGATE_CONN_BANKDW: url }, /TIDEGATE_CONN_BANKDW/, grants);
    await expectRefusal(
      { TIDEGATE_DATABASE_URL: postgresUrl('a:b'), TIDEGATE_CONN_BANKDW: postgresUrl('c:d') },
      /TIDEGATE_DATABASE_URL: .*'a'/,
      /TIDEGATE_CONN_BANKDW: .*'c'/,
    );
  });

  it('says of the source what is wrong with it', async () => {
    const at = (change: (url: URL) => void): NodeJS.ProcessEnv => {
      const url = new URL(source.href);
      change(url);
      return { TIDEGATE_CONN_BANKDB: url.href };
    };
    await expectRefusal(
      at((url) => (url.password = 'wrong')),
      /TIDEGATE_CONN_BANKDB/,
      /refuses/,
    );
    await expectRefusal(
      at((url) => (url.port = String(nobody))),
      /TIDEGATE_CONN_BANKDB/,
      /nothing answers/,
    );
    await expectRefusal(
      at(() => undefined),
      /bank_accounts does not exist/,
      /create it/,
    );
  });

  it('lists everything a source lacks, each with its remedy', async () => {
    const administrator = await mysql.createConnection(serviceAddress('mariadb'));
    const database = source.pathname.slice(1);
    const table = `${database}.bank_accounts`;
    await administrator.query(
      `create table ${table} (id bigint, user_id bigint, account varchar(99), created_at datetime, updated_at timestamp)`,
    );
    await administrator.query(`create user if not exists '${database}'@'%' identified by 'pw'`);
    await administrator.query(`grant select on ${table} to '${database}'@'%'`);
    const url = new URL(source.href);
    url.username = database;
    url.password = 'pw';
    await expectRefusal(
      { TIDEGATE_CONN_BANKDB: url.href },
      /lacks REPLICATION SLAVE: grant/,
      /has no primary key: alter table/,
    );
    await administrator.query(`drop user '${database}'@'%'`);
    await administrator.query(`drop database ${database}`);
    await administrator.end();
  });

  it('says that the binlog is off, and how to turn it on', async () => {
    await expectRefusal(
      { TIDEGATE_CONN_BANKDB: `${noBinlog.url}/mysql` },
      /log_bin is OFF, must be ON: put log_bin=binlog/,
      /binlog_format is STATEMENT, must be ROW: set global/,
    );
  });

  it('names a broker and a Redis that nobody answers for', async () => {
    await expectRefusal(
      { TIDEGATE_KAFKA_BROKERS: `127.0.0.1:${nobody}` },
      /TIDEGATE_KAFKA_BROKERS/,
      /nothing answers/,
    );
    await expectRefusal(
      { TIDEGATE_REDIS_URL: `redis://127.0.0.1:${nobody}` },
      /TIDEGATE_REDIS_URL/,
      /nothing answers/,
    );
  });

  it('says which process has the home', async () => {
    await using first = new StandaloneUnderTest();
    await first.start();
    await using second = new StandaloneUnderTest({ env: { TIDEGATE_HOME: first.home } });
    await second.launch();
    expect(await second.ended(60_000)).toBe(1);
    expect(second.output).toContain(
      `Tidegate runs already in ${first.home} (process ${first.pid})`,
    );
    expect(second.output).toContain('TIDEGATE_HOME');
    expect((await fetch(`${first.url}/health`)).status).toBe(200);
    await first.stop();
    expect(processesNaming(first.scratch)).toEqual([]);
  }, 180_000);
});
