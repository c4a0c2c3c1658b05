import type { ReactNode } from 'react';

import { Button } from './Button.tsx';
import styles from './ShowMore.module.css';

interface Props {
  readonly list: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => unknown;
  };
  readonly label: string;
  /** How many of how many show. */
  readonly children: ReactNode;
}

/** Below a list read page after page; nothing once all of it shows. */
export function ShowMore({ list, label, children }: Props) {
  if (!list.hasNextPage) return null;
  return (
    <div className={styles.more}>
      <Button disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
        {label}
      </Button>
      <span>{children}</span>
    </div>
  );
}
