import type { ReactNode } from 'react';

import styles from './Card.module.css';

interface Props {
  readonly title?: ReactNode;
  /** Beside the title, quieter. */
  readonly note?: ReactNode;
  /** At the right end of the title row. */
  readonly action?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  readonly label?: string;
}

export function Card({ title, note, action, children, className, label }: Props) {
  return (
    <section className={`${styles.card} ${className ?? ''}`} aria-label={label}>
      {title !== undefined && (
        <header className={styles.head}>
          <h2 className={styles.title}>{title}</h2>
          {note !== undefined && <span className={styles.note}>{note}</span>}
          {action !== undefined && <span className={styles.action}>{action}</span>}
        </header>
      )}
      {children}
    </section>
  );
}
