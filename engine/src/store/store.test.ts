import { describe } from 'vitest';

import { MemoryStoreUnderTest } from './contract/memory-store-under-test.ts';
import { describeStore } from './contract/store-contract.ts';

describe('the in-memory store', () => {
  describeStore(
    (setup) =>
      Promise.resolve(
        Object.assign(new MemoryStoreUnderTest(setup), {
          [Symbol.asyncDispose]: () => Promise.resolve(),
        }),
      ),
    { seeds: 15, commands: 60 },
  );
});
