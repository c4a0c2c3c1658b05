import { Button } from './Button.tsx';
import styles from './Command.module.css';
import { showToast } from './toasts.ts';

interface Props {
  /** What it does, as a comment above it. */
  readonly note?: string;
  readonly children: string;
}

/** A command to paste into a terminal. */
export function Command({ note, children }: Props) {
  const copy = () =>
    void navigator.clipboard
      .writeText(children)
      .then(() => showToast({ text: 'The command is on the clipboard' }));
  return (
    <div className={styles.command}>
      <pre>
        {note !== undefined && (
          <span className={styles.note}>
            # {note}
            {'\n'}
          </span>
        )}
        {children}
      </pre>
      <Button look="ghost" onClick={copy}>
        Copy
      </Button>
    </div>
  );
}
