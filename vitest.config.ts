import { readFileSync } from 'node:fs';
import path from 'node:path';

import { defineConfig } from 'vitest/config';

const PACKAGES = ['engine', 'workers', 'dags', 'web', 'cli', 'standalone', 'bench'];

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, { readonly source: string }>>;
}

/**
 * Tests read the sources: every export of our packages is aliased to its `source`, so nothing is built
 * first. (The `source` condition alone does not reach files of a global set-up.)
 */
function sourceAliases() {
  return PACKAGES.flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Manifest;
    return Object.entries(manifest.exports ?? {}).map(([subpath, { source }]) => ({
      find: new RegExp(`^${manifest.name}${subpath.slice(1)}$`),
      replacement: path.resolve(folder, source),
    }));
  });
}

const resolve = { alias: sourceAliases() };
const exclude = ['**/node_modules/**', '**/dist/**'];
const services = {
  globalSetup: ['test/services/global-setup.ts'],
  hookTimeout: 60_000,
};

/** What speaks to an engine from a process of its own: the CLI and the workers. */
const CLIENTS = ['cli/**', 'workers/**', 'test/worker/**'];

/** Brokers restarted, killed and secured, without a product around them. */
const TOPIC_LOG = ['engine/src/topic-log/**'];

export default defineConfig({
  resolve,
  test: {
    projects: [
      {
        resolve,
        test: {
          name: 'quick',
          include: ['**/src/**/*.test.ts'],
          exclude: [...exclude, '**/*.service.test.ts', '**/*.fault.test.ts', '**/*.long.test.ts'],
        },
      },
      {
        resolve,
        test: {
          ...services,
          name: 'service',
          include: ['**/src/**/*.service.test.ts'],
          exclude,
          testTimeout: 30_000,
        },
      },
      {
        resolve,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.browser.test.ts'],
          exclude,
          globalSetup: ['test/browser/global-setup.ts'],
          hookTimeout: 120_000,
          testTimeout: 150_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        test: {
          ...services,
          name: 'faults',
          include: ['**/*.fault.test.ts'],
          exclude: [...exclude, ...CLIENTS, ...TOPIC_LOG],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        test: {
          ...services,
          name: 'topic-log',
          include: TOPIC_LOG.map((folder) => `${folder}/*.fault.test.ts`),
          exclude,
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        test: {
          ...services,
          name: 'clients',
          include: CLIENTS.map((folder) => `${folder}/*.fault.test.ts`),
          exclude,
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        test: {
          ...services,
          name: 'long',
          include: ['**/*.long.test.ts'],
          exclude,
          // Each test knows how long it means to take.
          testTimeout: 24 * 3_600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
