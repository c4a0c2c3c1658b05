import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';

import { useDagList, useHome } from '../../api/reads.ts';
import { formatOf } from '../../format/number.ts';
import { Foot } from '../../ui/Foot.tsx';
import { QueryState } from '../../ui/QueryState.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';
import { usePageTitle } from '../../ui/use-page-title.ts';
import { toDagFilter } from './dag-filter.ts';
import { DagEmpty } from './DagEmpty.tsx';
import { DagFilterBar } from './DagFilterBar.tsx';
import { DagSay } from './DagSay.tsx';
import { DagTable } from './DagTable.tsx';
import { ImportErrors } from './ImportErrors.tsx';

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
              <DagTable dags={dags} isStale={list.isPlaceholderData} onTrigger={setTrigger}>
                {dags.length === 0 && <DagEmpty q={q} show={show} />}
              </DagTable>
              <ShowMore list={list} label="Show more">
                {dags.length} of {formatOf(total, 'DAG')}
              </ShowMore>
            </>
          );
        }}
      </QueryState>
      <Foot keys={['j', 'k', 'o', 'x', 't', '/', '?']} />
      <Suspense>
        {trigger !== undefined && (
          <TriggerDialog dagId={trigger} onClose={() => setTrigger(undefined)} />
        )}
      </Suspense>
    </>
  );
}
