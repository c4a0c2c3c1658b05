import type { ReactNode } from 'react';

import styles from './Say.module.css';

interface Props {
  /** The fact. */
  readonly fact: ReactNode;
  /** Its consequence, or the comfort. */
  readonly then?: ReactNode;
}

/** The sentence each page opens with. */
export function Say({ fact, then }: Props) {
  return (
    <h1 className={styles.say}>
      {fact} {then !== undefined && <span className={styles.then}>{then}</span>}
    </h1>
  );
}
