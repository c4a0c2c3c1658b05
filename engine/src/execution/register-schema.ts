import { z } from 'zod';

import type { SerializedDag } from '../dag/serialized-dag.ts';
import type { RegisterRequest } from './contract.ts';

const text = z.string();
const place = z.number().int().nullable();

/**
 * What the engine itself relies on in a graph. Registration built it with the authoring API's own checks;
 * fields only tasks and the console read pass through.
 */
const serialized = z.custom<SerializedDag>(
  (value) => graph.safeParse(value).success,
  'not a serialized DAG of this release',
);

const graph = z.looseObject({
  formatVersion: z.literal(1),
  id: text.regex(/^[A-Za-z0-9_.-]{1,250}$/),
  schedule: z.looseObject({ kind: text }),
  maxActiveRuns: z.number().int().min(1),
  maxActiveTasks: z.number().int().min(1),
  runTimeoutMs: z.number().nullable(),
  tags: z.array(text),
  tasks: z.array(
    z.looseObject({
      id: text.min(1).max(250),
      upstream: z.array(text),
      input: z.record(text, text),
      triggerRule: text,
      retries: z.number().int().min(0),
      retryDelayMs: z.number().min(0),
      pool: text,
      poolSlots: z.number().int().min(1),
      queue: text,
      priority: z.number().int(),
    }),
  ),
});

export const registerRequestSchema: z.ZodType<RegisterRequest> = z.object({
  file: text.min(1).max(4_096),
  dags: z.array(
    z.object({
      serialized,
      bundle: z.object({ hash: text, exportName: text }),
      source: text,
    }),
  ),
  error: z
    .object({
      code: text,
      message: text,
      line: place,
      column: place,
      codeFrame: text.nullable(),
    })
    .nullable(),
});
