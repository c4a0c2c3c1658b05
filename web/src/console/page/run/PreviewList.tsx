import type { ReactNode } from 'react';

import { formatOf } from '../../format/number.ts';
import styles from './ClearDialog.module.css';

const MOST_SHOWN = 300;

interface Props<Item> {
  /** Undefined until the server has answered. */
  readonly items: readonly Item[] | undefined;
  readonly error: Error | null;
  /** Said while the server is asked. */
  readonly asking: string;
  /** Said when the list is empty. */
  readonly none: string;
  /** Says how many there are. */
  readonly count: string;
  readonly keyOf: (item: Item) => string;
  readonly children: (item: Item) => ReactNode;
}

/** Exactly what a change would touch, as the server answered, or why that cannot be told. */
export function PreviewList<Item>(props: Props<Item>) {
  const { items, error, asking, none, count, keyOf, children } = props;
  if (error !== null) {
    return (
      <p className={styles.error} role="alert">
        {error.message}
      </p>
    );
  }
  if (items === undefined) return <p className={styles.none}>{asking}</p>;
  if (items.length === 0) return <p className={styles.none}>{none}</p>;
  return (
    <>
      <p className={styles.count} role="status">
        {count}
      </p>
      <ul className={styles.preview}>
        {items.slice(0, MOST_SHOWN).map((item) => (
          <li key={keyOf(item)}>{children(item)}</li>
        ))}
      </ul>
      {items.length > MOST_SHOWN && (
        <p className={styles.count}>and {formatOf(items.length - MOST_SHOWN, 'more', 'more')}</p>
      )}
    </>
  );
}
