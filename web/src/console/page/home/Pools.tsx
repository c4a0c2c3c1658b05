import type { UiHome } from '../../../contract/ui-home.ts';
import { Card } from '../../ui/Card.tsx';
import styles from './Home.module.css';

const MOST_DRAWN = 32;

export function Pools({ home }: { readonly home: UiHome }) {
  return (
    <Card title="Pools" note="slots taken">
      <ul className={styles.rows}>
        {home.pools.map(({ name, slots, used }) => {
          const drawn = Math.min(slots, MOST_DRAWN);
          const taken = slots === 0 ? 0 : Math.ceil((used / slots) * drawn);
          return (
            <li key={name} className={styles.pool}>
              <b title={name}>{name}</b>
              <span className={styles.slots} aria-hidden="true">
                {Array.from({ length: drawn }, (_, index) => (
                  <i key={index} data-used={index < taken} />
                ))}
              </span>
              <span className={styles.right}>
                {used} of {slots}
              </span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
