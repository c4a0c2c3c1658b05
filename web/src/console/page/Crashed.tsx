import type { ErrorComponentProps } from '@tanstack/react-router';

import { Button } from '../ui/Button.tsx';
import { Say } from '../ui/Say.tsx';
import styles from './NotFound.module.css';

/** A bug of the console's, or a page whose code could not be fetched any more after an update. */
export function Crashed({ error }: ErrorComponentProps) {
  return (
    <div className={styles.page} role="alert">
      <Say
        fact="This page could not be drawn."
        then="Runs are not touched by it. After an update of Tidegate, loading it anew is all it needs."
      />
      <code className={styles.address}>{String(error)}</code>
      <Button look="primary" onClick={() => location.reload()}>
        Load anew
      </Button>
    </div>
  );
}
