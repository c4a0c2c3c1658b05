import { type ReactNode, useState } from 'react';

import type { UiDag } from '../../../contract/ui-dags.ts';
import { BulkBar } from './BulkBar.tsx';
import { BulkDialog } from './BulkDialog.tsx';
import type { BulkVerb } from './bulk-verbs.ts';
import styles from './DagList.module.css';
import { DagRow } from './DagRow.tsx';
import { useRowKeys } from './use-row-keys.ts';
import { useSelection } from './use-selection.ts';
import { useStreamLags } from './use-stream-lags.ts';

interface Props {
  readonly dags: readonly UiDag[];
  /** Of a filter that is being left. */
  readonly isStale: boolean;
  readonly onTrigger: (dagId: string) => void;
  /** Below the rows. */
  readonly children: ReactNode;
}

/** The rows, and what can be done to one or many of them. */
export function DagTable({ dags, isStale, onTrigger, children }: Props) {
  const lags = useStreamLags();
  const selection = useSelection(dags);
  const [verb, setVerb] = useState<BulkVerb>();
  const selected = useRowKeys(dags, { selection, onTrigger, onBulk: setVerb });
  return (
    <>
      <BulkBar selection={selection} onBulk={setVerb} />
      {verb !== undefined && (
        <BulkDialog verb={verb} dags={selection.dags} onClose={() => setVerb(undefined)} />
      )}
      <div className={styles.card} data-stale={isStale}>
        <table className={styles.table}>
          <caption className="srOnly">DAGs with their last runs</caption>
          <Head />
          <tbody>
            {dags.map((dag) => (
              <DagRow
                key={dag.dag_id}
                dag={dag}
                lag={lags.get(dag.dag_id)}
                isSelected={selected === dag.dag_id}
                onTrigger={onTrigger}
                isChosen={selection.has(dag.dag_id)}
                onChoose={selection.toggle}
              />
            ))}
          </tbody>
        </table>
        {children}
      </div>
    </>
  );
}

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col">DAG</th>
        <th scope="col">Schedule</th>
        <th scope="col">Last 30 runs</th>
        <th scope="col">Newest run</th>
        <th scope="col" className={styles.right}>
          p50 / p95
        </th>
        <th scope="col" className={styles.right}>
          Lag
        </th>
        <th scope="col">Version</th>
        <th scope="col" className={styles.right}>
          Runs
        </th>
      </tr>
    </thead>
  );
}
