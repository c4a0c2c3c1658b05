import type { UiHome } from '../../../contract/ui-home.ts';
import { formatOf } from '../../format/number.ts';
import { toMs } from '../../format/time.ts';
import { Card } from '../../ui/Card.tsx';
import { Moment } from '../../ui/Moment.tsx';
import styles from './Home.module.css';

export function Workers({ home }: { readonly home: UiHome }) {
  const { workers } = home;
  return (
    <Card title="Workers" note={workers.length === 0 ? 'none' : `${workers.length} answer`}>
      {workers.length === 0 ? (
        <p className={styles.quiet}>No worker is connected: tasks wait until one is.</p>
      ) : (
        <ul className={styles.rows}>
          {workers.map(({ name, tasks, heartbeat_at: at }) => (
            <li key={name} className={styles.worker}>
              <b title={name}>{name}</b>
              <span className={styles.right}>{formatOf(tasks, 'task')}</span>
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
