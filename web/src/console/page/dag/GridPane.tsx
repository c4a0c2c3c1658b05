import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';

import type { UiRun, UiTaskInstance } from '../../../contract/ui-run.ts';
import { runQuery } from '../../api/reads.ts';
import { useMayChange } from '../../api/session.ts';
import { formatMs, formatSeconds } from '../../format/duration.ts';
import { toMs } from '../../format/time.ts';
import { cutMiddle, shortRun } from '../../frame/crumbs.ts';
import { useShortcuts } from '../../keyboard/shortcuts.ts';
import { StateChip } from '../../state/StateChip.tsx';
import { isFinished } from '../../state/state-style.ts';
import { Button, buttonClass } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { CloseButton } from '../../ui/CloseButton.tsx';
import { Moment } from '../../ui/Moment.tsx';
import { QueryState } from '../../ui/QueryState.tsx';
import { CancelDialog } from '../run/CancelDialog.tsx';
import { ClearDialog } from '../run/ClearDialog.tsx';
import { LogWindow } from '../run/LogWindow.tsx';
import { findTry } from '../run/run-view.ts';
import { sayRun } from '../run/say-run.ts';
import styles from './GridPane.module.css';

interface Props {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string | undefined;
  readonly onClose: () => void;
}

/** The chosen cell without leaving the grid. */
export function GridPane({ dagId, runId, taskId, onClose }: Props) {
  const query = useQuery(runQuery(dagId, runId));
  useShortcuts('Grid', [{ keys: '\\', label: 'Close the pane', run: onClose }]);
  return (
    <aside aria-label="Details">
      <Card className={styles.pane}>
        <QueryState query={query} what={`run ${runId}`}>
          {(page) => {
            const task = page.tasks.find(({ task_id: id }) => id === taskId);
            return <Details page={page} task={task} onClose={onClose} />;
          }}
        </QueryState>
      </Card>
    </aside>
  );
}

interface DetailsProps {
  readonly page: UiRun;
  readonly task: UiTaskInstance | undefined;
  readonly onClose: () => void;
}

function Details({ page, task, onClose }: DetailsProps) {
  const { run } = page;
  const state = task?.state ?? run.state;
  const params = { dagId: run.dag_id, runId: run.dag_run_id };
  return (
    <>
      <header className={styles.head}>
        <h2 title={task?.task_id ?? run.dag_run_id}>
          {cutMiddle(task?.task_id ?? `run ${shortRun(run.dag_run_id)}`, 40)}
        </h2>
        <CloseButton label="Close the pane" onClose={onClose} />
      </header>
      <div className={styles.state}>
        <StateChip state={state} isBoxed />
        <span>
          {task === undefined
            ? run.run_type.replace('_', ' ')
            : task.try_number === 0
              ? 'not tried'
              : `try ${task.try_number} of ${task.max_tries + 1}`}
        </span>
      </div>
      <p className={styles.say}>{sayTask(page, task)}</p>
      <Verbs page={page} task={task} />
      <Facts page={page} task={task} />
      {task !== undefined && task.tries.length > 0 && (
        <section className={styles.log}>
          <h3>Log, its end</h3>
          <LogWindow
            address={{ ...params, taskId: task.task_id }}
            tryNumber={task.try_number}
            endedAt={findTry(task, task.try_number)?.end ?? null}
            aroundLine={null}
          />
        </section>
      )}
    </>
  );
}

function Verbs({ page, task }: Pick<DetailsProps, 'page' | 'task'>) {
  const { run } = page;
  const [dialog, setDialog] = useState<'clear' | 'cancel'>();
  const mayChange = useMayChange();
  const close = () => setDialog(undefined);
  return (
    <div className={styles.actions}>
      {mayChange && isFinished(task?.state ?? run.state) && (
        <Button look="primary" onClick={() => setDialog('clear')}>
          {task === undefined ? 'Re-run' : 'Retry from here'}
        </Button>
      )}
      {mayChange && task === undefined && !isFinished(run.state) && (
        <Button look="danger" onClick={() => setDialog('cancel')}>
          Cancel run
        </Button>
      )}
      <Link
        to="/dags/$dagId/runs/$runId"
        params={{ dagId: run.dag_id, runId: run.dag_run_id }}
        search={task === undefined ? {} : { task: task.task_id }}
        className={buttonClass()}
      >
        Open run
      </Link>
      {dialog === 'cancel' && <CancelDialog run={run} onClose={close} />}
      {dialog === 'clear' && (
        <ClearDialog
          page={page}
          scope={task === undefined ? 'all' : 'task'}
          task={task}
          onClose={close}
        />
      )}
    </div>
  );
}

function sayTask(page: UiRun, task: UiTaskInstance | undefined): string {
  if (task === undefined) {
    const { fact, then = '' } = sayRun(page);
    return `${fact} ${then}`;
  }
  const last = task.tries.at(-1);
  if (last?.error != null) return last.error.message;
  if (last?.waiting_for != null) return `It stands still: ${last.waiting_for}.`;
  if (task.state === 'upstream_failed') return 'It did not run: something it needs failed.';
  if (task.tries.length > 1 && task.state === 'success')
    return `It succeeded at try ${task.tries.length}.`;
  return task.tries.length === 0 ? 'It has not been tried.' : '';
}

function Facts({
  page,
  task,
}: {
  readonly page: UiRun;
  readonly task: UiTaskInstance | undefined;
}) {
  const { run, version } = page;
  const start = task === undefined ? toMs(run.start_date) : task.start;
  const end = task === undefined ? toMs(run.end_date) : task.end;
  return (
    <dl className={styles.facts}>
      <dt>Started</dt>
      <dd>
        <Moment atMs={start} />
      </dd>
      <dt>Took</dt>
      <dd>{start === null || end === null ? '–' : formatMs(end - start)}</dd>
      {task !== undefined && (
        <>
          <dt>Waited</dt>
          <dd>
            {task.scheduled === null || task.start === null
              ? '–'
              : formatMs(task.start - task.scheduled)}{' '}
            for a worker
          </dd>
          <dt>Worker</dt>
          <dd>{task.worker ?? '–'}</dd>
        </>
      )}
      <dt>Run</dt>
      <dd>
        {cutMiddle(run.dag_run_id, 44)}
        {run.duration === null ? '' : `, ${formatSeconds(run.duration)}`}
      </dd>
      <dt>Version</dt>
      <dd>v{version}</dd>
    </dl>
  );
}
