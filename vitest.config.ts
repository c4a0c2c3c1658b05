import { defineConfig } from 'vitest/config';

// Tests read the sources: every package resolves through its `source` condition, so nothing is built first.
const resolve = { conditions: ['source'] };
const ssr = { resolve: { conditions: ['source'], externalConditions: ['source'] } };
const exclude = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'quick',
          include: ['**/src/**/*.test.ts'],
          exclude: [...exclude, '**/*.service.test.ts', '**/*.fault.test.ts'],
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'service',
          include: ['**/src/**/*.service.test.ts'],
          exclude,
          globalSetup: ['test/services/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'faults',
          include: ['**/*.fault.test.ts'],
          exclude,
          globalSetup: ['test/services/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
