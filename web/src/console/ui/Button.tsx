import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';

import styles from './Button.module.css';
import { Kbd } from './Kbd.tsx';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** At most one `primary` a view. (Default: plain) */
  readonly look?: 'primary' | 'plain' | 'ghost' | 'danger';
  /** The shortcut that presses it. */
  readonly keys?: string;
  readonly children: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = 'plain', keys, children, className, ...rest }: Props) {
  return (
    <button type="button" {...rest} className={`${buttonClass(look)} ${className ?? ''}`}>
      {children}
      {keys !== undefined && <Kbd keys={keys} />}
    </button>
  );
}

/** The same look for a link. */
export function buttonClass(look: NonNullable<Props['look']> = 'plain'): string {
  return `${styles.button} ${styles[look]}`;
}
