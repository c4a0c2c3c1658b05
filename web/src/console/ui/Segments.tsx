import type { ReactNode } from 'react';

import styles from './Segments.module.css';

export interface Segment<Value extends string> {
  readonly value: Value;
  readonly content: ReactNode;
  /** What it means, on pointing at it. */
  readonly label?: string;
}

interface Props<Value extends string> {
  readonly label: string;
  readonly segments: readonly Segment<Value>[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** One of a few. */
export function Segments<Value extends string>({ label, segments, value, onChange }: Props<Value>) {
  return (
    <div className={styles.segments} role="group" aria-label={label}>
      {segments.map((segment) => (
        <button
          key={segment.value}
          type="button"
          aria-pressed={segment.value === value}
          title={segment.label}
          onClick={() => onChange(segment.value)}
        >
          {segment.content}
        </button>
      ))}
    </div>
  );
}
