import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import type { UiRun } from '../../../contract/ui-run.ts';
import { useMayChange } from '../../api/session.ts';
import { formatSeconds } from '../../format/duration.ts';
import { formatCount, formatOf } from '../../format/number.ts';
import { formatMoment, toMs } from '../../format/time.ts';
import { useNow } from '../../format/use-now.ts';
import { useZone } from '../../format/zone.ts';
import { shortRun } from '../../frame/crumbs.ts';
import { StateChip } from '../../state/StateChip.tsx';
import { isFinished } from '../../state/state-style.ts';
import { Button, buttonClass } from '../../ui/Button.tsx';
import { Kbd } from '../../ui/Kbd.tsx';
import { Moment } from '../../ui/Moment.tsx';
import { Say } from '../../ui/Say.tsx';
import styles from './RunHead.module.css';
import type { RunDialog } from './RunDialogs.tsx';
import { sayRun } from './say-run.ts';

interface Props {
  readonly page: UiRun;
  readonly onDialog: (dialog: RunDialog) => void;
}

/** The run in one sentence, what can be done about it, and its figures. */
export function RunHead({ page, onDialog }: Props) {
  const { run, previous_run_id: before, next_run_id: after } = page;
  const { fact, then } = sayRun(page);
  const mayChange = useMayChange();
  return (
    <>
      <Say fact={fact} then={then} />
      <div className={styles.actions}>
        {mayChange && <Verbs page={page} onDialog={onDialog} />}
        <Link
          to="/dags/$dagId"
          params={{ dagId: run.dag_id }}
          search={{ run: run.dag_run_id }}
          className={buttonClass('ghost')}
        >
          See in the grid
        </Link>
        <span className={styles.space} />
        <Neighbour page={page} runId={before} keys="{" none="no run before" />
        <Neighbour page={page} runId={after} keys="}" none="newest run" />
      </div>
      <Figures page={page} />
    </>
  );
}

function Verbs({ page: { run }, onDialog }: Props) {
  const isOver = isFinished(run.state);
  const hasFailed = run.state === 'failed' || run.tidegate_failed_tasks > 0;
  return (
    <>
      {isOver && hasFailed && (
        <Button
          look="primary"
          keys="shift+r"
          onClick={() => onDialog({ kind: 'clear', scope: 'failed' })}
        >
          Retry failed
        </Button>
      )}
      {isOver ? (
        <Button onClick={() => onDialog({ kind: 'clear', scope: 'all' })}>Re-run all</Button>
      ) : (
        <Button look="danger" keys="shift+c" onClick={() => onDialog({ kind: 'cancel' })}>
          Cancel run
        </Button>
      )}
      <Button onClick={() => onDialog({ kind: 'mark-run' })}>Mark run…</Button>
    </>
  );
}

interface NeighbourProps {
  readonly page: UiRun;
  readonly runId: string | null;
  readonly keys: string;
  readonly none: string;
}

function Neighbour({ page, runId, keys, none }: NeighbourProps) {
  const kbd = <Kbd keys={keys} />;
  if (runId === null) return <span className={styles.none}>{none}</span>;
  return (
    <Link
      to="/dags/$dagId/runs/$runId"
      params={{ dagId: page.run.dag_id, runId }}
      className={`${buttonClass('ghost')} ${styles.neighbour}`}
      title={runId}
    >
      {keys === '{' && kbd}
      <span className="srOnly">{keys === '{' ? 'Run before: ' : 'Next run: '}</span>
      {shortRun(runId)}
      {keys === '}' && kbd}
    </Link>
  );
}

function Figures({ page }: { readonly page: UiRun }) {
  const { run, version } = page;
  const zone = useZone();
  const nowMs = useNow();
  const [startMs, endMs] = [toMs(run.start_date), toMs(run.end_date)];
  const took = startMs === null ? null : ((endMs ?? Math.max(nowMs, page.now)) - startMs) / 1_000;
  const interval = [run.data_interval_start, run.data_interval_end].map(toMs);
  const [from = null, to = null] = interval;
  return (
    <dl className={styles.figures}>
      <div>
        <dt className="srOnly">state</dt>
        <dd>
          <StateChip state={run.state} isBoxed />
        </dd>
      </div>
      <Figure name={endMs === null ? 'started' : 'ended'}>
        <Moment atMs={endMs ?? startMs} />
      </Figure>
      <Figure name="took">{took === null ? 'not started' : formatSeconds(took)}</Figure>
      {from !== null && to !== null && (
        <Figure name="interval">
          {formatMoment(from, nowMs, zone)} – {formatMoment(to, nowMs, zone)}
        </Figure>
      )}
      {run.tidegate_ranges.length > 0 && (
        <Figure name="records">{formatCount(run.tidegate_records)}</Figure>
      )}
      <Figure name="trigger">
        {run.run_type.replace('_', ' ')}
        {run.triggering_user_name === null ? '' : ` by ${run.triggering_user_name}`}
      </Figure>
      {run.tidegate_lane === 'backfill' && <Figure name="lane">backfill</Figure>}
      <Figure name="version">v{version}</Figure>
      {run.tidegate_clear_number > 0 && (
        <Figure name="cleared">{formatOf(run.tidegate_clear_number, 'time')}</Figure>
      )}
      {run.note !== null && run.note !== '' && <Figure name="note">{run.note}</Figure>}
    </dl>
  );
}

function Figure({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
