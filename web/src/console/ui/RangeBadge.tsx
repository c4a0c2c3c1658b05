import { formatCount } from '../format/number.ts';
import styles from './RangeBadge.module.css';

/** Offsets `[from, to)`: the first is read, the last is not. */
export function RangeBadge({ from, to }: { readonly from: number; readonly to: number }) {
  return (
    <span className={styles.range}>
      <i>[</i>
      {formatCount(from)}
      <i>, </i>
      {formatCount(to)}
      <i>)</i>
    </span>
  );
}
