import type { ReactNode } from 'react';

import styles from './Figures.module.css';

/** Four figures in a row; only those that are broken are red. */
export function Figures({ children }: { readonly children: ReactNode }) {
  return <dl className={styles.figures}>{children}</dl>;
}

interface FigureProps {
  readonly name: string;
  /** Below the value, quieter. */
  readonly note: ReactNode;
  readonly isBad?: boolean;
  readonly children: ReactNode;
}

export function Figure({ name, note, isBad = false, children }: FigureProps) {
  return (
    <div className={styles.figure}>
      <dt className={styles.name}>{name}</dt>
      <dd className={styles.value} data-bad={isBad}>
        {children}
      </dd>
      <dd className={styles.note}>{note}</dd>
    </div>
  );
}
