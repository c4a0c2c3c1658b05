import { findBankFaults, isInCurrent } from './bank-integrity.ts';
import { BankSource } from './bank-source.ts';
import { findEngineFaults } from './engine-integrity.ts';
import type { StandaloneUnderTest } from './standalone-under-test.ts';
import { until } from './until.ts';

/** When a test gives up. What is promised, and held to, is in `promise.ts`. */
export const GOES_ON_WITHIN_MS = 30_000;

/** Where a running bank pipeline has its databases. */
export type BankAddresses = Pick<StandaloneUnderTest, 'sourceUrl' | 'warehouseUrl' | 'metadataUrl'>;

/** The bank pipeline of a running product, with its load and its oracle. */
export class BankUnderLoad implements AsyncDisposable {
  readonly source: BankSource;
  readonly #standalone: BankAddresses;

  private constructor(standalone: BankAddresses, source: BankSource) {
    this.#standalone = standalone;
    this.source = source;
  }

  static async open(standalone: BankAddresses, seed = 1): Promise<BankUnderLoad> {
    const bank = new BankUnderLoad(standalone, new BankSource(standalone.sourceUrl, seed));
    // The snapshot first: what the audit knows begins behind it.
    await until('the snapshot', async () =>
      (await isInCurrent(standalone.warehouseUrl, 1)) ? true : undefined,
    );
    await bank.source.prepare();
    return bank;
  }

  /** How long until a change made as soon as the source takes one is in the warehouse, in ms. */
  async timeToGoOn(what: string, withinMs = GOES_ON_WITHIN_MS): Promise<number> {
    const startedAt = performance.now();
    const id = await this.source.insertProbe();
    await until(
      `work to go on after ${what}`,
      async () => ((await isInCurrent(this.#standalone.warehouseUrl, id)) ? true : undefined),
      withinMs,
    );
    const tookMs = Math.round(performance.now() - startedAt);
    console.log(`${what}: work goes on after ${tookMs} ms`);
    return tookMs;
  }

  /** Ends the load and answers what is wrong once everything had time to settle; empty when nothing is. */
  async faultsAtRest(withinMs = 30_000): Promise<string[]> {
    await this.source.stopLoad();
    let faults: string[] = [];
    const isAtRest = async (): Promise<true | undefined> => {
      faults = await this.#findFaults();
      return faults.length === 0 ? true : undefined;
    };
    await until('everything to settle', isAtRest, withinMs).catch(() => undefined);
    return faults;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source[Symbol.asyncDispose]();
  }

  async #findFaults(): Promise<string[]> {
    try {
      const { warehouseUrl, metadataUrl } = this.#standalone;
      return [
        ...(await findBankFaults(this.source, warehouseUrl)),
        ...(await findEngineFaults(metadataUrl)),
      ];
    } catch (error) {
      return [`a database is away: ${String(error)}`];
    }
  }
}
