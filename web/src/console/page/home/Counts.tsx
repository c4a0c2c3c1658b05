import type { StreamResponse } from '../../../contract/streams.ts';
import type { UiHome } from '../../../contract/ui-home.ts';
import { formatCount, formatOf } from '../../format/number.ts';
import { isBehind } from '../../state/stream-lag.ts';
import { Figure, Figures } from '../../ui/Figures.tsx';

interface Props {
  readonly home: UiHome;
  readonly streams: readonly StreamResponse[];
}

/** Four numbers; only those that are broken are red. */
export function Counts({ home, streams }: Props) {
  const behind = streams.filter(isBehind).length;
  const { tasks, dags, runs, last_day: day } = home;
  return (
    <Figures>
      <Figure
        name="Failing DAGs"
        note={home.failures[0]?.dag_id ?? `of ${dags.total}`}
        isBad={dags.failing > 0}
      >
        {formatCount(dags.failing)}
      </Figure>
      <Figure
        name="Tasks running"
        note={`${formatOf(tasks.waiting, 'waits', 'wait')}, ${tasks.up_for_retry} for a retry`}
      >
        {formatCount(tasks.running)}
      </Figure>
      <Figure
        name="Runs in progress"
        note={`${formatCount(day.success)} succeeded in 24 h, ${formatCount(day.failed)} failed`}
      >
        {formatCount(runs.running)}
      </Figure>
      <Figure
        name="Streams behind"
        note={`of ${streams.length}, by more than a minute`}
        isBad={behind > 0}
      >
        {formatCount(behind)}
      </Figure>
    </Figures>
  );
}
