import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';

import { useDagList, useHome } from '../../api/reads.ts';
import { formatOf } from '../../format/number.ts';
import type { UiDag } from '../../../contract/ui-dags.ts';
import { Foot } from '../../ui/Foot.tsx';
import { QueryState } from '../../ui/QueryState.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';
import { usePageTitle } from '../../ui/use-page-title.ts';
import { toDagFilter } from './dag-filter.ts';
import { DagEmpty } from './DagEmpty.tsx';
import { DagFilterBar } from './DagFilterBar.tsx';
import styles from './DagList.module.css';
import { DagRow } from './DagRow.tsx';
import { DagSay } from './DagSay.tsx';
import { ImportErrors } from './ImportErrors.tsx';
import { useRowKeys } from './use-row-keys.ts';
import { useStreamLags } from './use-stream-lags.ts';

const TriggerDialog = lazy(async () => ({
  default: (await import('../dag/TriggerDialog.tsx')).TriggerDialog,
}));

/** Every DAG with its last runs and its lag. */
export function DagList() {
  usePageTitle('DAGs');
  const { q = '', show, trigger } = useSearch({ from: '/framed/dags' });
  const navigate = useNavigate({ from: '/dags' });
  const list = useDagList(toDagFilter(q, show));
  const { data: home } = useHome();
  const setTrigger = (dagId: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, trigger: dagId }), replace: true });
  return (
    <>
      <QueryState query={list} what="the list of DAGs">
        {({ pages }) => {
          const dags = pages.flatMap((page) => page.dags);
          const total = pages.at(-1)?.total_entries ?? dags.length;
          return (
            <>
              <DagSay dags={dags} total={home?.dags.total ?? total} />
              <ImportErrors />
              <DagFilterBar q={q} show={show} />
              <div className={styles.card} data-stale={list.isPlaceholderData}>
                <DagTable dags={dags} onTrigger={setTrigger} />
                {dags.length === 0 && <DagEmpty q={q} show={show} />}
              </div>
              <ShowMore list={list} label="Show more">
                {dags.length} of {formatOf(total, 'DAG')}
              </ShowMore>
            </>
          );
        }}
      </QueryState>
      <Foot keys={['j', 'k', 'o', 't', '/', '?']} />
      <Suspense>
        {trigger !== undefined && (
          <TriggerDialog dagId={trigger} onClose={() => setTrigger(undefined)} />
        )}
      </Suspense>
    </>
  );
}

interface TableProps {
  readonly dags: readonly UiDag[];
  readonly onTrigger: (dagId: string) => void;
}

function DagTable({ dags, onTrigger }: TableProps) {
  const lags = useStreamLags();
  const selected = useRowKeys(dags, onTrigger);
  return (
    <table className={styles.table}>
      <caption className="srOnly">DAGs with their last runs</caption>
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
      <tbody>
        {dags.map((dag) => (
          <DagRow
            key={dag.dag_id}
            dag={dag}
            lag={lags.get(dag.dag_id)}
            isSelected={selected === dag.dag_id}
            onTrigger={onTrigger}
          />
        ))}
      </tbody>
    </table>
  );
}
