import { fileURLToPath } from 'node:url';

import type { TestProject } from 'vitest/node';

import { StandaloneUnderTest } from '../end-to-end/standalone-under-test.ts';
import { provideChromium } from './chromium.ts';

/** What the tests of the console run against. */
export interface BrowserTarget {
  readonly chromium: string;
  readonly url: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Null: there is no Chromium here. */
    browserTarget: BrowserTarget | null;
  }
}

const DAGS = fileURLToPath(new URL('./dags', import.meta.url));

/** Starts the product once for all browser tests, with DAGs of their own and without a source. */
export default async function setup(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const found = provideChromium();
  if ('missing' in found) {
    console.error(`\n*** chromium is missing, its suites are SKIPPED: ${found.missing}\n`);
    if (process.env['CI'] !== undefined) throw new Error('in CI a Chromium is required');
    project.provide('browserTarget', null);
    return undefined;
  }
  const standalone = new StandaloneUnderTest({
    env: { TIDEGATE_DAGS_FOLDER: DAGS, TIDEGATE_CAPTURE: 'off' },
  });
  await standalone.start();
  project.provide('browserTarget', { chromium: found.program, url: standalone.url });
  return () => standalone[Symbol.asyncDispose]();
}
