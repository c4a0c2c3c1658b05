import { useInfiniteQuery } from '@tanstack/react-query';

import type { UiDagPage } from '../../../contract/ui-dags.ts';
import { STATE_CODES } from '../../../contract/ui-states.ts';
import { gridQuery } from '../../api/reads.ts';
import { formatSeconds } from '../../format/duration.ts';
import { formatOf } from '../../format/number.ts';
import { countOf, toRunFigures } from '../../state/run-figures.ts';
import { Moment } from '../../ui/Moment.tsx';
import { Say } from '../../ui/Say.tsx';

/** The DAG in one sentence: how its newest run stands, and how its last ones went. */
export function DagHeadline({ page }: { readonly page: UiDagPage }) {
  const { dag } = page;
  const { data } = useInfiniteQuery(gridQuery(dag.dag_id));
  const runs = data?.pages[0]?.runs;
  if (runs === undefined)
    return <Say fact={`${dag.dag_id}.`} then={dag.description ?? undefined} />;
  const { newest, p50 } = toRunFigures(runs);
  if (newest === null) {
    return (
      <Say
        fact={`${dag.dag_id} has not run yet.`}
        then={
          dag.is_paused
            ? 'It is paused; unpause it, or trigger a run.'
            : (dag.description ?? undefined)
        }
      />
    );
  }
  const failed = countOf(runs.state, STATE_CODES.failed);
  const usual = p50 === null ? '' : ` A run usually takes ${formatSeconds(p50)}.`;
  const story =
    failed === 0
      ? `None of its last ${formatOf(runs.id.length, 'run')} failed.`
      : `${failed} of its last ${formatOf(runs.id.length, 'run')} failed.`;
  return (
    <Say
      fact={
        <>
          {dag.dag_id} {FACTS[newest.state] ?? newest.state}{' '}
          <Moment atMs={newest.endMs ?? newest.startMs ?? newest.runAfterMs} show="ago" />
          {dag.is_paused ? ' and is paused.' : '.'}
        </>
      }
      then={story + usual}
    />
  );
}

const FACTS: Readonly<Record<string, string>> = {
  success: 'succeeded',
  failed: 'failed',
  running: 'is running, since',
  queued: 'is queued, since',
};
