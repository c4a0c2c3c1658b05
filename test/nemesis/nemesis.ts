import { setTimeout as delay } from 'node:timers/promises';

import { Random } from '../../engine/src/testing/simulation/random.ts';

/** Something that goes wrong and is well again when it resolves. */
export interface Fault {
  readonly name: string;
  /** How often it is chosen, against the others. */
  readonly weight: number;
  readonly strike: (random: Random) => Promise<void>;
}

export interface NemesisOptions {
  /** Draws the same faults in the same order; what each meets is up to the machine. */
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Between two faults, in ms. (Default: 2,000 to 10,000) */
  readonly pauseMs?: readonly [number, number];
  /** Ends after so many, too. (Default: only the time ends it) */
  readonly strikes?: number;
}

/** How often each fault struck. */
export type Struck = ReadonlyMap<string, number>;

/** Lets random faults strike, one after the other, for so long. Tells each as it strikes. */
export async function runNemesis(options: NemesisOptions, forMs: number): Promise<Struck> {
  const { seed, faults, pauseMs = [2_000, 10_000], strikes = Infinity } = options;
  const random = new Random(seed);
  const struck = new Map<string, number>();
  const startedAt = performance.now();
  const elapsed = (): number => performance.now() - startedAt;
  console.log(`nemesis: seed ${seed} for ${Math.round(forMs / 1_000)} s`);
  for (let strike = 0; strike < strikes; strike += 1) {
    const pause = random.between(...pauseMs);
    if (elapsed() + pause > forMs) break;
    await delay(pause);
    const fault = choose(random, faults);
    console.log(`nemesis: ${(elapsed() / 1_000).toFixed(1)} s, ${fault.name}`);
    await fault.strike(random);
    struck.set(fault.name, (struck.get(fault.name) ?? 0) + 1);
  }
  return struck;
}

export function choose(random: Random, faults: readonly Fault[]): Fault {
  const total = faults.reduce((sum, { weight }) => sum + weight, 0);
  let left = random.next() * total;
  for (const fault of faults) {
    left -= fault.weight;
    if (left < 0) return fault;
  }
  throw new RangeError('a nemesis has at least one fault');
}

/** The seed given, or one of the day and minute; either is told. */
export function nemesisSeed(): number {
  const given = process.env['TIDEGATE_NEMESIS_SEED'];
  return given === undefined ? Math.floor(Date.now() / 60_000) : Number(given);
}
