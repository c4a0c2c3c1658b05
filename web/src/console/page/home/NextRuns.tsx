import { Link } from '@tanstack/react-router';

import type { UiDag } from '../../../contract/ui-dags.ts';
import { toMs } from '../../format/time.ts';
import { useZone } from '../../format/zone.ts';
import { Card } from '../../ui/Card.tsx';
import { Moment } from '../../ui/Moment.tsx';
import styles from './Home.module.css';

const MOST = 6;

export function NextRuns({ dags }: { readonly dags: readonly UiDag[] }) {
  const zone = useZone();
  const next = dags
    .filter((dag) => !dag.is_paused && dag.next_run_after !== null)
    .toSorted((a, b) => Date.parse(a.next_run_after ?? '') - Date.parse(b.next_run_after ?? ''))
    .slice(0, MOST);
  return (
    <Card title="Next runs" note={zone}>
      {next.length === 0 ? (
        <p className={styles.quiet}>
          No DAG runs by the clock; streams run as their records arrive.
        </p>
      ) : (
        <ul className={styles.rows}>
          {next.map(({ dag_id: dagId, next_run_after: at }) => (
            <li key={dagId} className={styles.next}>
              <Link to="/dags/$dagId" params={{ dagId }} title={dagId}>
                {dagId}
              </Link>
              <span className={styles.right}>
                <Moment atMs={toMs(at)} show="clock" />
              </span>
              <span className={`${styles.right} ${styles.dim}`}>
                <Moment atMs={toMs(at)} show="ago" />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
