import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import type { TriggerRule } from '../dag/serialized-dag.ts';
import type { TaskState } from './task-state.ts';
import { decide } from './trigger-rule.ts';
import { countUpstream, noneFinished } from './upstream-counts.ts';

interface Vector {
  readonly rule: TriggerRule;
  readonly upstream: readonly (TaskState | null)[];
  readonly expected: string;
}

const vectors = JSON.parse(
  readFileSync(new URL('./vectors/trigger-rules.json', import.meta.url), 'utf8'),
) as { rows: readonly Vector[] };

const named = vectors.rows.map((row) => ({
  ...row,
  title: `${row.rule} of [${row.upstream.map((state) => state ?? 'none').join(', ')}]`,
}));

it.each(named)('decides $title as Airflow: $expected', ({ rule, upstream, expected }) => {
  const counts = noneFinished(upstream.length);
  for (const state of upstream) countUpstream(counts, { state: state ?? 'none' });
  expect(decide(rule, counts)).toBe(expected);
});
