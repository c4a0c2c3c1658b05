import type { StreamResponse } from '../../../contract/streams.ts';
import type { UiHome } from '../../../contract/ui-home.ts';
import { formatCount, formatOf } from '../../format/number.ts';
import { isBehind } from '../../state/stream-lag.ts';
import styles from './Home.module.css';

interface Props {
  readonly home: UiHome;
  readonly streams: readonly StreamResponse[];
}

/** Four numbers; only those that are broken are red. */
export function Counts({ home, streams }: Props) {
  const behind = streams.filter(isBehind).length;
  const { tasks, dags, runs, last_day: day } = home;
  return (
    <dl className={styles.counts}>
      <Count
        name="Failing DAGs"
        value={dags.failing}
        note={home.failures[0]?.dag_id ?? `of ${dags.total}`}
        isBad={dags.failing > 0}
      />
      <Count
        name="Tasks running"
        value={tasks.running}
        note={`${formatOf(tasks.waiting, 'waits', 'wait')}, ${tasks.up_for_retry} for a retry`}
      />
      <Count
        name="Runs in progress"
        value={runs.running}
        note={`${formatCount(day.success)} succeeded in 24 h, ${formatCount(day.failed)} failed`}
      />
      <Count
        name="Streams behind"
        value={behind}
        note={`of ${streams.length}, by more than a minute`}
        isBad={behind > 0}
      />
    </dl>
  );
}

interface CountProps {
  readonly name: string;
  readonly value: number;
  readonly note: string;
  readonly isBad?: boolean;
}

function Count({ name, value, note, isBad = false }: CountProps) {
  return (
    <div className={styles.count}>
      <dt>{name}</dt>
      <dd className={styles.value} data-bad={isBad}>
        {formatCount(value)}
      </dd>
      <dd>{note}</dd>
    </div>
  );
}
