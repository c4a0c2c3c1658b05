import { BANK, BANK_SOURCE_SQL } from '../../standalone/src/bank.ts';
import { applyMysqlFile, ensureMysqlUser } from '../../standalone/src/services/index.ts';
import { MYSQL_USERS_SQL } from '../services/mysql.ts';
import { createOwnSource, type OwnSource } from '../services/own-source.ts';
import type { SourceKind } from '../services/service-addresses.ts';
import { BankUnderLoad } from './bank-under-load.ts';
import type { StandaloneUnderTest } from './standalone-under-test.ts';

/** Gives a new server the bank's tables and its user: MySQL as compose does, MariaDB as `npm start`. */
export async function setUpBankServer(kind: SourceKind, url: string): Promise<void> {
  await applyMysqlFile(url, BANK_SOURCE_SQL);
  if (kind === 'mysql') await applyMysqlFile(url, MYSQL_USERS_SQL);
  else await ensureMysqlUser(url, BANK.sourceUser);
}

/** The bank's database on a server of the test's own, where the product is told to find it. */
export class OwnBankSource implements AsyncDisposable {
  readonly server: OwnSource;

  private constructor(server: OwnSource) {
    this.server = server;
  }

  static async start(kind: SourceKind): Promise<OwnBankSource> {
    const server = await createOwnSource(kind);
    await server.start();
    await setUpBankServer(kind, server.url);
    return new OwnBankSource(server);
  }

  /** What tells the product. */
  get env(): NodeJS.ProcessEnv {
    const { user, password, database } = BANK.sourceUser;
    const parts = { username: user, password, pathname: database };
    return { TIDEGATE_CONN_BANKDB: Object.assign(new URL(this.server.url), parts).href };
  }

  /** The pipeline of a product that runs on it, with load from a seed. */
  load({ warehouseUrl, metadataUrl }: StandaloneUnderTest, seed: number): Promise<BankUnderLoad> {
    const sourceUrl = new URL(BANK.sourceUser.database, `${this.server.url}/`).href;
    return BankUnderLoad.open({ sourceUrl, warehouseUrl, metadataUrl }, seed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}
