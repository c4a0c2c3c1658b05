import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { KEYS } from '../../api/reads.ts';
import { setPaused, triggerRun } from '../../api/writes.ts';
import type { BulkVerb } from './bulk-verbs.ts';

/** How it went, by DAG; a DAG that is not in it was not asked yet. */
export type BulkAnswers = ReadonlyMap<string, 'done' | Error>;

/**
 * One change of many DAGs. Its runs have one name, made when the dialog opens: a trigger that is tried again after an
 * answer was lost finds its own run instead of making another.
 */
export function useBulk(verb: BulkVerb) {
  const client = useQueryClient();
  const [runId] = useState(() => `manual__${new Date().toISOString()}`);
  const [answers, setAnswers] = useState<BulkAnswers>(new Map());
  const [isBusy, setBusy] = useState(false);
  const change = (dagId: string): Promise<unknown> =>
    verb === 'trigger'
      ? triggerRun(dagId, { dag_run_id: runId })
      : setPaused(dagId, verb === 'pause');
  const run = async (dagIds: readonly string[]) => {
    setBusy(true);
    for (const dagId of dagIds) {
      const answer = await change(dagId).then(
        () => 'done' as const,
        (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
      );
      setAnswers((old) => new Map(old).set(dagId, answer));
    }
    setBusy(false);
    const changed = [KEYS.dags, KEYS.dag, KEYS.home, KEYS.streams, KEYS.runs, KEYS.grid];
    await Promise.all(changed.map((key) => client.invalidateQueries({ queryKey: [key] })));
  };
  return { answers, isBusy, run };
}
