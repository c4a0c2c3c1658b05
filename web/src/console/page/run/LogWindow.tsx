import { useMemo } from 'react';

import type { TaskAddress } from '../../api/addresses.ts';
import { useTaskLog } from '../../api/task-log.ts';
import { LogLines } from './LogLines.tsx';
import styles from './Logs.module.css';

const BEFORE = 5;
const AFTER = 4;

interface Props {
  readonly address: TaskAddress;
  readonly tryNumber: number;
  /** Of the try, in milliseconds since the epoch. */
  readonly endedAt: number | null;
  /** From 1; null: the end of the log. */
  readonly aroundLine: number | null;
}

/** A few lines round the one that matters. */
export function LogWindow({ address, tryNumber, endedAt, aroundLine }: Props) {
  const { lines, isRead } = useTaskLog(address, tryNumber, endedAt);
  const shown = useMemo(() => {
    const end = aroundLine === null ? lines.length : aroundLine + AFTER;
    const from = Math.max(0, end - (aroundLine === null ? BEFORE + AFTER : BEFORE + 1 + AFTER));
    return lines.slice(from, end).map((message, index) => ({ number: from + index + 1, message }));
  }, [lines, aroundLine]);
  if (!isRead) return <div className={styles.small} />;
  if (shown.length === 0) return <p className={styles.none}>This try logged nothing.</p>;
  return (
    <div className={styles.small}>
      <LogLines lines={shown} />
    </div>
  );
}
