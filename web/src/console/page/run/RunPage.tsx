import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';

import type { UiRun } from '../../../contract/ui-run.ts';
import { runQuery } from '../../api/reads.ts';
import { useMayChange } from '../../api/session.ts';
import { shortRun } from '../../frame/crumbs.ts';
import { type Shortcut, useShortcuts } from '../../keyboard/shortcuts.ts';
import { isFinished } from '../../state/state-style.ts';
import { Foot } from '../../ui/Foot.tsx';
import { QueryState } from '../../ui/QueryState.tsx';
import { TabBar } from '../../ui/TabBar.tsx';
import { Card } from '../../ui/Card.tsx';
import columns from '../../ui/Columns.module.css';
import { usePageTitle } from '../../ui/use-page-title.ts';
import { toCompareWith, usualComparison } from './CompareSelect.tsx';
import { Failure } from './Failure.tsx';
import { Gantt } from './Gantt.tsx';
import { Logs } from './Logs.tsx';
import { Params } from './Params.tsx';
import { RunDialogs, type RunDialog, useRunDialog } from './RunDialogs.tsx';
import { RunHead } from './RunHead.tsx';
import { RunRanges } from './RunRanges.tsx';
import styles from './RunPage.module.css';
import { TaskTable } from './TaskTable.tsx';
import { type RunTab, toRunView } from './run-view.ts';

/** The debugging desk: what happened, why, and what to do about it. */
export function RunPage() {
  const { dagId, runId } = useParams({ from: '/framed/dags/$dagId/runs/$runId' });
  const query = useQuery(runQuery(dagId, runId));
  const state = query.data?.run.state;
  usePageTitle(`run ${shortRun(runId)}${state === undefined ? '' : ` ${state}`} · ${dagId}`);
  return (
    <QueryState query={query} what={`run ${runId} of ${dagId}`}>
      {(page) => <Desk key={`${dagId} ${runId}`} page={page} />}
    </QueryState>
  );
}

function Desk({ page }: { readonly page: UiRun }) {
  const search = useSearch({ from: '/framed/dags/$dagId/runs/$runId' });
  const navigate = useNavigate({ from: '/dags/$dagId/runs/$runId' });
  const [dialog, setDialog] = useRunDialog();
  const view = {
    ...toRunView(page, search),
    q: search.q,
    level: search.level,
    compareWith: toCompareWith(search.with),
  };
  const show = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  useRunKeys(page, view, { show, open: setDialog });
  return (
    <>
      <RunHead page={page} onDialog={setDialog} />
      <div className={styles.columns}>
        <div className={columns.column}>
          <Gantt
            page={page}
            selected={
              view.task === undefined
                ? null
                : { taskId: view.task.task_id, tryNumber: search.try ?? null }
            }
            onSelect={(task, tryNumber) =>
              show({
                task,
                try: tryNumber ?? undefined,
                tab: view.tab === 'failure' || view.tab === 'params' ? 'logs' : view.tab,
              })
            }
          />
          <RunRanges run={page.run} />
        </div>
        <Card className={styles.right} label="Details">
          <TabBar
            label="Details"
            value={view.tab}
            onChange={(tab) => show({ tab })}
            tabs={view.tabs.map((tab) => ({ value: tab, ...TAB_NAMES[tab](page) }))}
          />
          {view.tab === 'failure' && page.failure !== null && (
            <Failure
              page={page}
              failure={page.failure}
              onOpenLogs={(task, tryNumber) => show({ tab: 'logs', task, try: tryNumber })}
            />
          )}
          {view.tab === 'logs' && <Logs page={page} view={view} onShow={show} />}
          {view.tab === 'tasks' && (
            <TaskTable
              page={page}
              selected={view.task?.task_id}
              onShow={show}
              onDialog={setDialog}
            />
          )}
          {view.tab === 'params' && <Params page={page} />}
        </Card>
      </div>
      <Foot keys={['[', ']', '{', '}', 'l', '=', 'shift+r', 'shift+c', '?']} />
      <RunDialogs
        page={page}
        dialog={dialog}
        task={view.task}
        onClose={() => setDialog(undefined)}
      />
    </>
  );
}

const TAB_NAMES: Readonly<Record<RunTab, (page: UiRun) => { name: string; note?: string }>> = {
  failure: () => ({ name: 'Failure' }),
  logs: () => ({ name: 'Logs' }),
  tasks: ({ tasks }) => ({ name: 'Tasks', note: String(tasks.length) }),
  params: () => ({ name: 'Params' }),
};

interface Doing {
  readonly show: (next: {
    tab?: RunTab;
    task?: string;
    try?: number;
    with?: string | undefined;
  }) => void;
  readonly open: (dialog: RunDialog) => void;
}

type View = ReturnType<typeof toRunView> & { readonly compareWith: string | undefined };

function useRunKeys(page: UiRun, view: View, { show, open }: Doing): void {
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const { dag_id: dagId } = page.run;
  const go = (runId: string | null) => {
    if (runId !== null) void navigate({ to: '/dags/$dagId/runs/$runId', params: { dagId, runId } });
  };
  const step = (by: number) => {
    const next = (view.shownTry?.try_number ?? 1) + by;
    const isThere = view.task?.tries.some(({ try_number: number }) => number === next) ?? false;
    if (isThere && view.task !== undefined) show({ task: view.task.task_id, try: next });
  };
  const compare = () => {
    const { task, shownTry: tried, compareWith } = view;
    if (task === undefined || tried === undefined) return;
    const next = compareWith === undefined ? usualComparison(task, tried) : undefined;
    show({ tab: 'logs', task: task.task_id, try: tried.try_number, with: next });
  };
  useShortcuts('Run', [
    { keys: '[', label: 'Try before', run: () => step(-1) },
    { keys: ']', label: 'Next try', run: () => step(1) },
    { keys: '{', label: 'Run before', run: () => go(page.previous_run_id) },
    { keys: '}', label: 'Next run', run: () => go(page.next_run_id) },
    { keys: 'l', label: 'Logs', run: () => show({ tab: 'logs' }) },
    { keys: '=', label: 'Compare', run: compare },
    ...(mayChange ? verbKeys(page, open) : []),
  ]);
}

function verbKeys({ run }: UiRun, open: Doing['open']): readonly Shortcut[] {
  return isFinished(run.state)
    ? [
        {
          keys: 'shift+r',
          label: 'Retry failed',
          run: () => open({ kind: 'clear', scope: 'failed' }),
        },
      ]
    : [{ keys: 'shift+c', label: 'Cancel run', run: () => open({ kind: 'cancel' }) }];
}
