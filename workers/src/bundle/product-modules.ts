import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * What bundles leave out and take from the running product: a DAG and the worker that runs it must agree about
 * contexts and brands, and zod is theirs together. In a bundle these imports read `tidegate-external:<name>`;
 * `linkBundle` puts the product's own addresses there, wherever the DAGs folder or the bundle lies.
 */
export const EXTERNAL_PREFIX = 'tidegate-external:';

/** What DAG files import of ours (DESIGN 2). */
export const ALLOWED_MODULES: readonly string[] = [
  '@tidegate/engine/dag',
  '@tidegate/workers/cdc',
  '@tidegate/workers/tasks',
];

/** True when the product runs unbuilt, through `tsx`. */
export const RUNS_FROM_SOURCES = import.meta.url.endsWith('.ts');

const EXTERNAL = /^(?:@tidegate\/|zod$|zod\/)/;

/** Whether an import is the product's, not the DAG's. */
export function isProductModule(specifier: string): boolean {
  return EXTERNAL.test(specifier);
}

/** The bundle's text with the product's addresses in it. */
export function linkBundle(text: string): string {
  return text.replace(/(["'])tidegate-external:([^"'\s]+)\1/g, (_, _quote, specifier: string) =>
    JSON.stringify(addressOf(specifier)),
  );
}

/** Changes when the product moves or runs from other files: a linked bundle is good for one place only. */
export function productPlace(): string {
  const places = ['@tidegate/engine/dag', 'zod'].map(addressOf);
  return createHash('sha256').update(places.join('\n')).digest('hex').slice(0, 16);
}

/**
 * Where a product module lies. Unbuilt it is the source whatever conditions this process was started with: a
 * test runner resolves modules its own way, and the process that loads the bundle must still find them.
 */
export function addressOf(specifier: string): string {
  const address = import.meta.resolve(specifier);
  if (!RUNS_FROM_SOURCES || !specifier.startsWith('@tidegate/')) return address;
  const path = fileURLToPath(address).replace(/\/dist\/(.*)\.js$/, '/src/$1.ts');
  return pathToFileURL(realpathSync(path)).href;
}
