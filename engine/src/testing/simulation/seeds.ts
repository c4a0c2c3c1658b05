import { simulate } from './simulate.ts';

const MOST_TOLD = 5;

/** The seeds of a test run: those asked for, or the one that is to be repeated. */
export function seedsToRun(
  asked: { readonly from: number; readonly count: number },
  only: string | undefined,
): number[] {
  if (only !== undefined && only !== '') return [Number(only)];
  return Array.from({ length: asked.count }, (_, at) => asked.from + at);
}

/** A line for each of the first few seeds that broke an invariant, with the command that repeats it. */
export function describeBroken(seeds: readonly number[], project: string): string[] {
  const told: string[] = [];
  for (const seed of seeds) {
    const { broken } = simulate(seed);
    if (broken.length === 0) continue;
    const again = `TIDEGATE_SIM_SEED=${seed} npx vitest run --project ${project} engine/src/testing/simulation`;
    told.push(`seed ${seed}: ${broken.slice(0, 3).join('; ')}; repeat it: ${again}`);
    if (told.length === MOST_TOLD) break;
  }
  return told;
}
