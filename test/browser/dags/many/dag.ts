import { defineDag } from '@tidegate/engine/dag';

/** Two DAGs to change at once; the second cannot run without its param. */
export const manyA = defineDag({ id: 'many_a', schedule: null, tags: ['many'] }, ({ task }) => {
  task('only', () => null);
});

export const manyB = defineDag(
  {
    id: 'many_b',
    schedule: null,
    tags: ['many'],
    params: {
      type: 'object',
      properties: { day: { type: 'string' } },
      required: ['day'],
      additionalProperties: false,
    },
  },
  ({ task }) => {
    task('only', () => null);
  },
);
