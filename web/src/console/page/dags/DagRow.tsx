import { Link } from '@tanstack/react-router';
import { memo, useEffect, useMemo, useRef } from 'react';

import type { StreamResponse } from '../../../contract/streams.ts';
import type { UiDag } from '../../../contract/ui-dags.ts';
import { useMayChange } from '../../api/session.ts';
import { formatSeconds } from '../../format/duration.ts';
import { toMs } from '../../format/time.ts';
import { cutMiddle } from '../../frame/crumbs.ts';
import { toRunFigures } from '../../state/run-figures.ts';
import { RunBars } from '../../state/RunBars.tsx';
import { StateChip } from '../../state/StateChip.tsx';
import { Button } from '../../ui/Button.tsx';
import { Lag } from '../../ui/Lag.tsx';
import { Moment } from '../../ui/Moment.tsx';
import { PauseSwitch } from '../../ui/PauseSwitch.tsx';
import styles from './DagList.module.css';

interface Props {
  readonly dag: UiDag;
  readonly lag: StreamResponse | undefined;
  readonly isSelected: boolean;
  readonly onTrigger: (dagId: string) => void;
  /** Chosen for a change of many. */
  readonly isChosen: boolean;
  readonly onChoose: (dagId: string) => void;
}

export const DagRow = memo(function DagRow(props: Props) {
  const { dag, lag, isSelected, onTrigger, isChosen, onChoose } = props;
  const mayChange = useMayChange();
  const { newest, p50, p95 } = useMemo(() => toRunFigures(dag.runs), [dag.runs]);
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (isSelected) row.current?.scrollIntoView({ block: 'nearest' });
  }, [isSelected]);
  return (
    <tr ref={row} className={styles.row} data-selected={isSelected} data-paused={dag.is_paused}>
      <td className={styles.name}>
        {mayChange && (
          <label className={styles.choose}>
            <input
              type="checkbox"
              checked={isChosen}
              aria-label={`Select ${dag.dag_id}`}
              onChange={() => onChoose(dag.dag_id)}
            />
          </label>
        )}
        <Link
          to="/dags/$dagId"
          params={{ dagId: dag.dag_id }}
          className={styles.id}
          title={dag.dag_id}
        >
          {cutMiddle(dag.dag_id, 44)}
        </Link>
        <Description dag={dag} />
      </td>
      <td className={styles.schedule}>
        <div>{dag.schedule ?? 'only by hand'}</div>
        <div className={styles.sub}>
          <Next dag={dag} />
        </div>
      </td>
      <td className={styles.bars}>
        <RunBars runs={dag.runs} />
      </td>
      <td className={styles.newest}>
        {newest === null ? (
          <span className={styles.quiet}>no run yet</span>
        ) : (
          <Link to="/dags/$dagId/runs/$runId" params={{ dagId: dag.dag_id, runId: newest.runId }}>
            <StateChip state={newest.state} />
            <div className={styles.sub}>
              <Moment atMs={newest.endMs ?? newest.startMs ?? newest.runAfterMs} show="ago" />
            </div>
          </Link>
        )}
      </td>
      <td className={`${styles.right} ${styles.times}`}>
        <div>{p50 === null ? '–' : formatSeconds(p50)}</div>
        <div className={styles.sub}>{p95 === null ? '' : formatSeconds(p95)}</div>
      </td>
      <td className={`${styles.right} ${styles.lag}`} data-none={dag.topic === null}>
        {dag.topic === null ? (
          <span className={styles.quiet}>no stream</span>
        ) : (
          <Lag stream={lag} />
        )}
      </td>
      <td className={styles.version}>v{dag.version}</td>
      <td className={`${styles.right} ${styles.actions}`}>
        {mayChange && (
          <Button
            look="ghost"
            onClick={() => onTrigger(dag.dag_id)}
            aria-label={`Trigger ${dag.dag_id}`}
          >
            Trigger
          </Button>
        )}
        <PauseSwitch dagId={dag.dag_id} isPaused={dag.is_paused} />
      </td>
    </tr>
  );
});

function Description({ dag }: { readonly dag: UiDag }) {
  if (dag.has_import_error) {
    return <div className={styles.warn}>Import error; v{dag.version} keeps running</div>;
  }
  const facts = [dag.description ?? dag.file, ...dag.tags];
  return (
    <div className={styles.sub} title={facts.join(' · ')}>
      {facts.join(' · ')}
    </div>
  );
}

function Next({ dag }: { readonly dag: UiDag }) {
  if (dag.is_paused) return <>paused, no next run</>;
  if (dag.next_run_after !== null) {
    return (
      <>
        next <Moment atMs={toMs(dag.next_run_after)} show="ago" />
      </>
    );
  }
  return (
    <>{dag.topic !== null && dag.schedule !== null ? 'next with the next record' : 'no next run'}</>
  );
}
