import type { UiDag } from '../../../contract/ui-dags.ts';
import { formatOf } from '../../format/number.ts';
import { Say } from '../../ui/Say.tsx';
import { Moment } from '../../ui/Moment.tsx';
import { toRunFigures } from '../../state/run-figures.ts';

interface Props {
  readonly dags: readonly UiDag[];
  readonly total: number;
}

/** The list in one sentence: the newest failure first, else that all is well. */
export function DagSay({ dags, total }: Props) {
  if (total === 0) {
    return (
      <Say
        fact="No DAG is registered yet."
        then="The DAGs folder is watched; nothing to run was found in it."
      />
    );
  }
  const failing = dags
    .filter((dag) => !dag.is_paused)
    .map((dag) => ({ dag, newest: toRunFigures(dag.runs).newest }))
    .filter(({ newest }) => newest?.state === 'failed')
    .toSorted((a, b) => (b.newest?.endMs ?? 0) - (a.newest?.endMs ?? 0));
  const [first] = failing;
  const running = dags.filter((dag) => dag.active_runs > 0).length;
  if (first !== undefined) {
    return (
      <Say
        fact={
          <>
            {first.dag.dag_id} failed at <Moment atMs={first.newest?.endMs ?? null} show="clock" />
            {first.dag.topic === null ? '.' : ' and holds its stream.'}
          </>
        }
        then={restOf(failing.length - 1, running)}
      />
    );
  }
  return (
    <Say
      fact={`No DAG's newest run failed.`}
      then={`${formatOf(total, 'DAG')}; ${running === 0 ? 'nothing runs at the moment' : `${running} ${running === 1 ? 'has' : 'have'} runs in progress`}.`}
    />
  );
}

function restOf(others: number, running: number): string {
  const more =
    others === 0 ? 'No other newest run failed' : `${formatOf(others, 'other newest run')} failed`;
  return `${more}; ${running === 0 ? 'nothing runs at the moment' : `${formatOf(running, 'DAG')} in progress`}.`;
}
