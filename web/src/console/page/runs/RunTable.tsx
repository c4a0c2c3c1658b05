import { Link } from '@tanstack/react-router';
import { useState } from 'react';

import type { DagRunResponse } from '../../../contract/dag-runs.ts';
import { type RunFilter, useRuns } from '../../api/reads.ts';
import { useMayChange } from '../../api/session.ts';
import { formatSeconds } from '../../format/duration.ts';
import { formatCount, formatOf } from '../../format/number.ts';
import { toMs } from '../../format/time.ts';
import { cutMiddle } from '../../frame/crumbs.ts';
import { forgetNewRuns, useNewRuns } from '../../live/new-runs.ts';
import { StateChip } from '../../state/StateChip.tsx';
import { isFinished } from '../../state/state-style.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Moment } from '../../ui/Moment.tsx';
import { QueryState } from '../../ui/QueryState.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';
import table from '../../ui/Table.module.css';
import { Th } from '../../ui/Th.tsx';
import { CancelDialog } from '../run/CancelDialog.tsx';
import styles from './RunTable.module.css';
import { useRunKeys } from './use-run-keys.ts';

/** Runs, the newest first. */
export function RunTable({ filter }: { readonly filter: RunFilter }) {
  const runs = useRuns(filter);
  return (
    <QueryState query={runs} what="the list of runs">
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.dag_runs);
        const total = pages[0]?.total_entries ?? rows.length;
        return (
          <>
            <NewRuns filter={filter} rows={rows} onShow={() => void runs.refetch()} />
            <Card label="Runs">
              <Rows rows={rows} withDag={filter.dagId === undefined} />
              {rows.length === 0 && <Nothing filter={filter} />}
            </Card>
            <ShowMore list={runs} label="Show older runs">
              {formatCount(rows.length)} of {total >= 10_000 ? 'more than ' : ''}
              {formatOf(total, 'run')}
            </ShowMore>
          </>
        );
      }}
    </QueryState>
  );
}

interface NewRunsProps {
  readonly filter: RunFilter;
  readonly rows: readonly DagRunResponse[];
  readonly onShow: () => void;
}

/** How many runs began since the list was read; it shows them when asked to. */
function NewRuns({ filter, rows, onShow }: NewRunsProps) {
  const shown = new Set(rows.map((run) => `${run.dag_id} ${run.dag_run_id}`));
  const count = useNewRuns()
    .filter(({ dagId }) => filter.dagId === undefined || filter.dagId === dagId)
    .filter(({ state }) => filter.state === undefined || filter.state === state)
    .filter(({ dagId, runId }) => !shown.has(`${dagId} ${runId}`)).length;
  if (count === 0) return null;
  const show = () => {
    forgetNewRuns();
    onShow();
  };
  return (
    <Button className={styles.fresh} onClick={show}>
      Show {formatOf(count, 'new run')}
    </Button>
  );
}

function Nothing({ filter }: { readonly filter: RunFilter }) {
  const isFiltered = filter.state !== undefined || filter.runType !== undefined;
  return (
    <p className={styles.none}>
      {isFiltered
        ? 'No run matches these filters; "All" shows every run.'
        : 'There is no run yet. A DAG makes runs by its schedule, or when it is triggered.'}
    </p>
  );
}

interface RowsProps {
  readonly rows: readonly DagRunResponse[];
  readonly withDag: boolean;
}

function Rows({ rows, withDag }: RowsProps) {
  const [cancelling, setCancelling] = useState<DagRunResponse>();
  const current = useRunKeys(rows, setCancelling);
  const mayChange = useMayChange();
  return (
    <>
      {cancelling !== undefined && (
        <CancelDialog run={cancelling} onClose={() => setCancelling(undefined)} />
      )}
      <table className={`${table.table} ${styles.runs}`}>
        <caption className="srOnly">Runs, the newest first</caption>
        <thead>
          <tr>
            <Th>Run</Th>
            <Th>State</Th>
            <Th>Trigger</Th>
            <Th isRight>Records</Th>
            <Th isRight>Time</Th>
            <Th isRight>Started</Th>
            {mayChange && (
              <Th isRight>
                <span className="srOnly">Actions</span>
              </Th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((run) => (
            <tr
              key={`${run.dag_id} ${run.dag_run_id}`}
              data-selected={run === current}
              ref={run === current ? intoView : undefined}
            >
              <td className={styles.name}>
                <Link
                  to="/dags/$dagId/runs/$runId"
                  params={{ dagId: run.dag_id, runId: run.dag_run_id }}
                  title={run.dag_run_id}
                >
                  {withDag && <b>{cutMiddle(run.dag_id, 40)}</b>}
                  <span className={withDag ? styles.id : undefined}>
                    {cutMiddle(run.dag_run_id, 52)}
                  </span>
                </Link>
              </td>
              <td className={styles.state}>
                <StateChip state={run.state} />
              </td>
              <td className={styles.trigger}>
                {run.run_type.replace('_', ' ')}
                {run.triggering_user_name === null ? '' : ` by ${run.triggering_user_name}`}
              </td>
              <td className={`${table.right} ${styles.records}`}>
                {run.tidegate_ranges.length === 0 ? '' : formatCount(run.tidegate_records)}
              </td>
              <td className={`${table.right} ${styles.time}`}>
                {run.duration === null ? '–' : formatSeconds(run.duration)}
              </td>
              <td className={`${table.right} ${styles.started}`}>
                <Moment atMs={toMs(run.start_date ?? run.run_after)} show="ago" />
              </td>
              {mayChange && (
                <td className={`${table.right} ${styles.actions}`}>
                  {!isFinished(run.state) && (
                    <Button
                      look="ghost"
                      aria-label={`Cancel run ${run.dag_run_id} of ${run.dag_id}`}
                      onClick={() => setCancelling(run)}
                    >
                      Cancel…
                    </Button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function intoView(row: HTMLTableRowElement | null): void {
  row?.scrollIntoView({ block: 'nearest' });
}
