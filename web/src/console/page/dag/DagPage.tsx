import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';

import type { UiDagPage } from '../../../contract/ui-dags.ts';
import { dagQuery } from '../../api/reads.ts';
import { useMayChange } from '../../api/session.ts';
import { useShortcuts } from '../../keyboard/shortcuts.ts';
import { Button } from '../../ui/Button.tsx';
import { Foot } from '../../ui/Foot.tsx';
import { PauseSwitch } from '../../ui/PauseSwitch.tsx';
import { QueryState } from '../../ui/QueryState.tsx';
import { TabBar } from '../../ui/TabBar.tsx';
import { usePageTitle } from '../../ui/use-page-title.ts';
import { RunTable } from '../runs/RunTable.tsx';
import { DagFacts } from './DagFacts.tsx';
import { DagHeadline } from './DagHeadline.tsx';
import styles from './DagPage.module.css';
import { DagTasks } from './DagTasks.tsx';
import { GridTab } from './GridTab.tsx';

const TriggerDialog = lazy(async () => ({
  default: (await import('./TriggerDialog.tsx')).TriggerDialog,
}));

/** One DAG: its grid of runs × tasks, its runs, its tasks. */
export function DagPage() {
  const { dagId } = useParams({ from: '/framed/dags/$dagId' });
  usePageTitle(dagId);
  const query = useQuery(dagQuery(dagId));
  return (
    <QueryState query={query} what={`DAG ${dagId}`}>
      {(page) => <Pages key={dagId} page={page} />}
    </QueryState>
  );
}

function Pages({ page }: { readonly page: UiDagPage }) {
  const { dag } = page;
  const { tab = 'grid', trigger } = useSearch({ from: '/framed/dags/$dagId' });
  const navigate = useNavigate({ from: '/dags/$dagId' });
  const setTrigger = (dagId: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, trigger: dagId }), replace: true });
  const mayChange = useMayChange();
  useShortcuts(
    'DAG',
    mayChange ? [{ keys: 't', label: 'Trigger', run: () => setTrigger(dag.dag_id) }] : [],
  );
  return (
    <>
      <DagHeadline page={page} />
      <div className={styles.bar}>
        <TabBar
          label="Views"
          value={tab}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, tab: next }) })}
          tabs={[
            { value: 'grid', name: 'Grid' },
            { value: 'runs', name: 'Runs' },
            { value: 'tasks', name: 'Tasks', note: String(page.tasks.length) },
          ]}
        />
        <span className={styles.actions}>
          <span className={styles.active}>
            {mayChange && (dag.is_paused ? 'paused' : 'active')}
            <PauseSwitch dagId={dag.dag_id} isPaused={dag.is_paused} />
          </span>
          {mayChange && (
            <Button look="primary" keys="t" onClick={() => setTrigger(dag.dag_id)}>
              Trigger
            </Button>
          )}
        </span>
      </div>
      {tab === 'grid' && <GridTab dagId={dag.dag_id} />}
      {tab === 'runs' && <RunTable filter={{ dagId: dag.dag_id }} />}
      {tab === 'tasks' && (
        <>
          <DagFacts page={page} />
          <DagTasks page={page} />
        </>
      )}
      <Foot keys={tab === 'grid' ? ['n', 'shift+n', '/', 't', '?'] : ['t', '?']} />
      <Suspense>
        {trigger !== undefined && (
          <TriggerDialog dagId={dag.dag_id} onClose={() => setTrigger(undefined)} />
        )}
      </Suspense>
    </>
  );
}
