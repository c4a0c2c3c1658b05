import type { ReactNode } from 'react';

import styles from './Table.module.css';

interface Props {
  /** Over numbers. (Default: left) */
  readonly isRight?: boolean;
  readonly children: ReactNode;
}

/** The head of a column of a `Table.module.css` table. */
export function Th({ isRight = false, children }: Props) {
  return (
    <th scope="col" className={isRight ? styles.right : undefined}>
      {children}
    </th>
  );
}
