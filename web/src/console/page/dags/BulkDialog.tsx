import { useRef, useState } from 'react';

import type { UiDag } from '../../../contract/ui-dags.ts';
import { useMayChange } from '../../api/session.ts';
import { formatOf } from '../../format/number.ts';
import { Button } from '../../ui/Button.tsx';
import { Modal } from '../../ui/Modal.tsx';
import dialog from '../run/ClearDialog.module.css';
import styles from './Bulk.module.css';
import { type BulkVerb, splitFor, VERB_WORDS } from './bulk-verbs.ts';
import { type BulkAnswers, useBulk } from './use-bulk.ts';

interface Props {
  readonly verb: BulkVerb;
  readonly dags: readonly UiDag[];
  readonly onClose: () => void;
}

/** Changes many DAGs, one after the other; each says for itself how it went, and what failed may be tried again. */
export function BulkDialog({ verb, dags, onClose }: Props) {
  const words = VERB_WORDS[verb];
  // What was asked for is what is done: later events of these DAGs do not change the list.
  const [{ changed, leftOut }] = useState(() => splitFor(verb, dags));
  const { answers, isBusy, run } = useBulk(verb);
  const mayChange = useMayChange();
  const close = useRef<HTMLButtonElement>(null);
  const open = changed.filter(({ dag_id: id }) => answers.get(id) !== 'done');
  const isOver = answers.size > 0 && open.length === 0;
  return (
    <Modal
      title={`${words.verb} ${formatOf(changed.length, 'DAG')}`}
      onClose={onClose}
      actions={
        <>
          <Button look="ghost" autoFocus ref={close} onClick={onClose}>
            {answers.size > 0 ? 'Close' : 'Cancel'}
          </Button>
          {!isOver && (
            <Button
              look="primary"
              disabled={open.length === 0 || isBusy || !mayChange}
              onClick={() => {
                // This button goes away with the last answer, and the keys would go with it.
                close.current?.focus();
                void run(open.map(({ dag_id: id }) => id));
              }}
            >
              {answers.size > 0 && !isBusy ? 'Try again: ' : ''}
              {words.verb} {formatOf(open.length, 'DAG')}
            </Button>
          )}
        </>
      }
    >
      <p className={dialog.lead}>{words.lead}</p>
      <ul className={dialog.preview}>
        {changed.map(({ dag_id: id }) => (
          <li key={id}>
            <span>{id}</span>
            <Said answer={answers.get(id)} done={words.done} />
          </li>
        ))}
        {leftOut.map(({ dag_id: id }) => (
          <li key={id}>
            <span>{id}</span>
            <span className={styles.said}>left out: {words.leftOut}</span>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

interface SaidProps {
  readonly answer: ReturnType<BulkAnswers['get']>;
  readonly done: string;
}

function Said({ answer, done }: SaidProps) {
  if (answer === undefined) return null;
  if (answer === 'done') return <span className={styles.said}>{done}</span>;
  return (
    <span className={styles.bad} role="alert">
      {answer.message}
    </span>
  );
}
