import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const EVERY_MS = 5_000;
/** A service whose event loop stood still this long is not well. */
const STALE_MS = 20_000;

/** Says of a running service that its event loop turns; taken back when the service stops. */
export interface HealthFile {
  close(): void;
}

const fileOf = (home: string, service: string) => path.join(home, `${service}.health`);

/** Writes the present instant into the home every five seconds, from when the service is ready. */
export function keepHealthFile(home: string, service: string): HealthFile {
  const file = fileOf(home, service);
  const beat = () => {
    // Whole or not at all: a reader never sees half a number.
    writeFileSync(`${file}.new`, String(Date.now()));
    renameSync(`${file}.new`, file);
  };
  beat();
  const timer = setInterval(beat, EVERY_MS);
  timer.unref();
  return {
    close: () => {
      clearInterval(timer);
      rmSync(file, { force: true });
    },
  };
}

/** What is wrong with the service of this home; undefined when nothing is. */
export function findHealthFault(home: string, service: string): string | undefined {
  const file = fileOf(home, service);
  if (!existsSync(file)) return `no ${service} runs in ${home}, or it is not ready yet`;
  const ageMs = Date.now() - Number(readFileSync(file, 'utf8'));
  if (ageMs < STALE_MS) return undefined;
  return `the ${service} of ${home} has not been heard of for ${Math.round(ageMs / 1_000)} s`;
}
