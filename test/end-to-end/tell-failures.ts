import { afterEach } from 'vitest';

import type { StandaloneUnderTest } from './standalone-under-test.ts';

/** Has what the product said and logged printed whenever a test of the suite fails. */
export function tellFailures(standalone: StandaloneUnderTest): void {
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(standalone.story);
  });
}
