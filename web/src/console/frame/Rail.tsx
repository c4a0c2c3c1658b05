import { Link } from '@tanstack/react-router';

import { Icon, Logo } from '../ui/Icon.tsx';
import { DESTINATIONS } from './navigation.ts';
import styles from './Rail.module.css';
import { type RailCount, useRailCounts } from './use-rail-counts.ts';

/** The way around, with how many things wait behind each door. */
export function Rail() {
  const counts = useRailCounts();
  return (
    <nav className={styles.rail} aria-label="Main">
      <Link to="/" className={styles.brand} aria-label="Tidegate, home">
        <Logo />
        <span className={styles.word}>Tidegate</span>
      </Link>
      {DESTINATIONS.map(({ to, name, icon }) => (
        <Link
          key={to}
          to={to}
          className={styles.item}
          activeProps={{ className: styles.on, 'aria-current': 'page' }}
          activeOptions={{ exact: to === '/', includeSearch: false }}
          title={name}
        >
          <Icon name={icon} />
          <span className={styles.word}>{name}</span>
          <Count count={counts[to]} />
        </Link>
      ))}
    </nav>
  );
}

function Count({ count }: { readonly count: RailCount | undefined }) {
  if (count === undefined) return null;
  return (
    <span className={count.isBad ? styles.bad : styles.count} title={count.meaning}>
      {count.value}
      <span className="srOnly"> {count.meaning}</span>
    </span>
  );
}
