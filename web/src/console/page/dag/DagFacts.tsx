import type { ReactNode } from 'react';

import type { UiDagPage } from '../../../contract/ui-dags.ts';
import { toMs } from '../../format/time.ts';
import { Card } from '../../ui/Card.tsx';
import { Moment } from '../../ui/Moment.tsx';
import styles from './DagFacts.module.css';

/** What the DAG's file says of it. */
export function DagFacts({ page }: { readonly page: UiDagPage }) {
  const { dag, version, topic } = page;
  const next = toMs(dag.next_dagrun_run_after);
  return (
    <Card title="Definition" note={dag.fileloc}>
      <dl className={styles.facts}>
        <Fact name="Schedule">{dag.timetable_summary ?? 'only by hand'}</Fact>
        <Fact name="Next run">{dag.is_paused ? 'none while paused' : <Moment atMs={next} />}</Fact>
        <Fact name="Stream">{topic ?? 'none'}</Fact>
        <Fact name="Version">v{version}</Fact>
        <Fact name="Owner">{dag.owners.join(', ') || 'nobody'}</Fact>
        <Fact name="Tags">{dag.tags.map(({ name }) => name).join(', ') || 'none'}</Fact>
        <Fact name="Runs at once">{dag.max_active_runs ?? 'no limit'}</Fact>
        <Fact name="Tasks at once">{dag.max_active_tasks}</Fact>
      </dl>
      {dag.description !== null && <p className={styles.about}>{dag.description}</p>}
    </Card>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
