import { formatOf } from '../../format/number.ts';
import { Button } from '../../ui/Button.tsx';
import styles from './Bulk.module.css';
import type { BulkVerb } from './bulk-verbs.ts';
import type { Selection } from './use-selection.ts';

interface Props {
  readonly selection: Selection;
  readonly onBulk: (verb: BulkVerb) => void;
}

/** What can be done to the selected DAGs; it stays in sight while the list scrolls. */
export function BulkBar({ selection, onBulk }: Props) {
  if (selection.dags.length === 0) return null;
  return (
    <div className={styles.bar} role="toolbar" aria-label="Selected DAGs">
      <b role="status">{formatOf(selection.dags.length, 'DAG')} selected</b>
      <Button keys="shift+p" onClick={() => onBulk('pause')}>
        Pause…
      </Button>
      <Button keys="shift+u" onClick={() => onBulk('unpause')}>
        Unpause…
      </Button>
      <Button keys="shift+t" onClick={() => onBulk('trigger')}>
        Trigger…
      </Button>
      <Button look="ghost" className={styles.clear} onClick={selection.clear}>
        Select none
      </Button>
    </div>
  );
}
