import { expect, it } from 'vitest';

import type { UiDag } from '../../../contract/ui-dags.ts';
import { type BulkVerb, splitFor } from './bulk-verbs.ts';

const dag = (dag_id: string, is_paused: boolean, is_stale = false): UiDag =>
  ({ dag_id, is_paused, is_stale }) as UiDag;
const all = [dag('on', false), dag('off', true), dag('gone', false, true)];

it.each<[BulkVerb, string[], string[]]>([
  ['pause', ['on', 'gone'], ['off']],
  ['unpause', ['off'], ['on', 'gone']],
  ['trigger', ['on', 'off'], ['gone']],
])('%s changes %j and leaves out %j', (verb, changed, leftOut) => {
  const split = splitFor(verb, all);
  expect(split.changed.map(({ dag_id: id }) => id)).toEqual(changed);
  expect(split.leftOut.map(({ dag_id: id }) => id)).toEqual(leftOut);
});
