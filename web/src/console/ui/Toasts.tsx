import { Link } from '@tanstack/react-router';

import { StateGlyph } from '../state/StateGlyph.tsx';
import { dismissToast, useToasts } from './toasts.ts';
import styles from './Toasts.module.css';

export function Toasts() {
  const toasts = useToasts();
  return (
    <div className={styles.toasts} role="status" aria-live="polite">
      {toasts.map(({ id, text, state = 'success', link }) => (
        <div key={id} className={styles.toast}>
          <StateGlyph state={state} />
          <span>{text}</span>
          {link !== undefined && (
            <Link to={link.to} className={styles.link} onClick={() => dismissToast(id)}>
              {link.label}
            </Link>
          )}
        </div>
      ))}
    </div>
  );
}
