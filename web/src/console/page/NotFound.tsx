import { Link } from '@tanstack/react-router';

import { buttonClass } from '../ui/Button.tsx';
import { Say } from '../ui/Say.tsx';
import styles from './NotFound.module.css';

export function NotFound() {
  return (
    <div className={styles.page}>
      <Say
        fact="There is no page at this address."
        then="Nothing is wrong with the product; the link is."
      />
      <code className={styles.address}>{location.pathname}</code>
      <Link to="/" className={`${buttonClass('primary')} ${styles.home}`}>
        Go home
      </Link>
    </div>
  );
}
