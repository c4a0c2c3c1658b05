import { expect, it } from 'vitest';

import { toFrames } from './stack-frames.ts';

const STACK = `Error: no
    at insertBlock (workers/src/insert.ts:84:11)
    at async load (file:///dags/load.ts:21:9)
    at /dags/dag.ts:3:1
    at Pool.query (/app/node_modules/pg-pool/index.js:45:11)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)`;

it('keeps the frames of our own code, nearest first', () => {
  expect(toFrames(STACK)).toEqual({
    own: [
      { place: 'workers/src/insert.ts:84', name: 'insertBlock' },
      { place: '/dags/load.ts:21', name: 'load' },
      { place: '/dags/dag.ts:3', name: '' },
    ],
    hidden: 2,
  });
});

it('takes no message for a frame', () => {
  expect(toFrames('Error: at noon (really):1')).toEqual({ own: [], hidden: 0 });
});
