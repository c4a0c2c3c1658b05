import { Link } from '@tanstack/react-router';

import type { UiDag } from '../../../contract/ui-dags.ts';
import { stateOfCode } from '../../../contract/ui-states.ts';
import { formatMs } from '../../format/duration.ts';
import { formatMinute } from '../../format/time.ts';
import { useZone } from '../../format/zone.ts';
import { stateStyle } from '../../state/state-style.ts';
import { Card } from '../../ui/Card.tsx';
import styles from './Home.module.css';

const WINDOW_MS = 3_600_000;
const MOST_DAGS = 8;

interface Props {
  readonly dags: readonly UiDag[];
  readonly nowMs: number;
}

/** The last runs of the busiest DAGs on one axis. */
export function RunTimeline({ dags, nowMs }: Props) {
  const zone = useZone();
  const fromMs = nowMs - WINDOW_MS;
  const rows = dags
    .map((dag) => ({ dag, bars: barsOf(dag, fromMs, nowMs) }))
    .filter(({ bars }) => bars.length > 0)
    .slice(0, MOST_DAGS);
  if (rows.length === 0) return null;
  return (
    <Card title="Runs by DAG" note="the last hour, 30 runs each at most">
      <ul className={styles.rows}>
        {rows.map(({ dag, bars }) => (
          <li key={dag.dag_id} className={styles.time}>
            <Link to="/dags/$dagId" params={{ dagId: dag.dag_id }} title={dag.dag_id}>
              {dag.dag_id}
            </Link>
            <span className={styles.track}>
              {bars.map(({ runId, state, left, width, tookMs }) => (
                <Link
                  key={runId}
                  to="/dags/$dagId/runs/$runId"
                  params={{ dagId: dag.dag_id, runId }}
                  tabIndex={-1}
                  aria-label={`run ${runId}, ${state}`}
                  title={`${stateStyle(state).word}, ${formatMs(tookMs)}`}
                  data-tall={state !== 'success' && state !== 'skipped'}
                  style={{
                    left: `${left}%`,
                    width: `${width}%`,
                    background:
                      state === 'success' ? 'var(--cell-success)' : stateStyle(state).color,
                  }}
                />
              ))}
            </span>
          </li>
        ))}
      </ul>
      <div className={styles.times} aria-hidden="true">
        {[0, 1, 2, 3].map((quarter) => (
          <span key={quarter}>{formatMinute(fromMs + (quarter * WINDOW_MS) / 4, zone)}</span>
        ))}
        <span>{formatMinute(nowMs, zone)}</span>
      </div>
    </Card>
  );
}

function barsOf({ runs }: UiDag, fromMs: number, nowMs: number) {
  return runs.id.flatMap((runId, index) => {
    const start = runs.start[index] ?? null;
    const end = runs.end[index] ?? nowMs;
    if (start === null || end < fromMs || start > nowMs) return [];
    const left = (Math.max(0, start - fromMs) / WINDOW_MS) * 100;
    const width = ((Math.min(end, nowMs) - Math.max(start, fromMs)) / WINDOW_MS) * 100;
    return [
      {
        runId,
        state: stateOfCode(runs.state[index] ?? '') ?? 'none',
        left,
        width,
        tookMs: end - start,
      },
    ];
  });
}
