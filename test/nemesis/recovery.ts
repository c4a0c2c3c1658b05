import { isInCurrent } from '../end-to-end/bank-integrity.ts';
import type { BankUnderLoad } from '../end-to-end/bank-under-load.ts';
import type { StandaloneUnderTest } from '../end-to-end/standalone-under-test.ts';
import { untilTrue } from '../end-to-end/until.ts';

/** Longer than any of them should take: beyond it the product stands still. */
const PATIENCE_MS = 180_000;

/** From now until a change made after now is in the warehouse, in ms. */
export async function timeToRecover(
  standalone: StandaloneUnderTest,
  bank: BankUnderLoad,
): Promise<number> {
  const startedAt = performance.now();
  const id = await bank.source.insertProbe();
  const isThere = (): Promise<boolean> => isInCurrent(standalone.warehouseUrl, id);
  await untilTrue('a change made after the fault to be in the warehouse', isThere, PATIENCE_MS);
  return performance.now() - startedAt;
}

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly worst: number;
}

export function percentilesOf(times: readonly number[]): Percentiles {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), worst: at(1) };
}
