import { useNavigate } from '@tanstack/react-router';

import { useDagList, useHome } from '../../api/reads.ts';
import { formatOf } from '../../format/number.ts';
import { Button } from '../../ui/Button.tsx';
import { Command } from '../../ui/Command.tsx';
import { dropTerm, parseTerms, type Show, toDagFilter } from './dag-filter.ts';
import styles from './DagEmpty.module.css';

interface Props {
  readonly q: string;
  readonly show: Show | undefined;
}

/** Why the list is empty, and the one thing to do about it. */
export function DagEmpty({ q, show }: Props) {
  const { data: home } = useHome();
  const isFiltered = q !== '' || show !== undefined;
  return isFiltered && home?.dags.total !== 0 ? <Missed q={q} show={show} /> : <NoDags />;
}

function NoDags() {
  return (
    <div className={styles.empty}>
      <div>
        <h2 className={styles.title}>This list shows each DAG with its last 30 runs and its lag</h2>
        <p className={styles.text}>
          Every exported DAG of a file <code>dag.ts</code> under the DAGs folder appears here about
          a second after it was saved.
        </p>
      </div>
      <Command note="make a first one">npx tidegate new my_first_dag</Command>
    </div>
  );
}

/** Names the word to drop: the last one without which something is found. */
function Missed({ q, show }: Props) {
  const navigate = useNavigate({ from: '/dags' });
  const { data: home } = useHome();
  const last = parseTerms(q).at(-1)?.text;
  const without = last === undefined ? q : dropTerm(q, last);
  const { data: relaxed } = useDagList(toDagFilter(without, last === undefined ? undefined : show));
  const count = relaxed?.pages[0]?.total_entries ?? 0;
  const drop = () =>
    void navigate({
      search: (old) =>
        last === undefined
          ? { ...old, show: undefined }
          : { ...old, q: without === '' ? undefined : without },
    });
  return (
    <div className={styles.missed}>
      <div>
        <h2 className={styles.heading}>
          None of the {formatOf(home?.dags.total ?? 0, 'DAG')} matches{' '}
          <code>{[q, show].filter(Boolean).join(' ')}</code>
        </h2>
        <p className={styles.text}>
          Without <code>{last ?? show}</code> there {count === 1 ? 'is' : 'are'} {count}.
        </p>
      </div>
      <div className={styles.actions}>
        <Button onClick={drop}>Drop {last ?? show}</Button>
        <Button look="ghost" onClick={() => void navigate({ search: {} })}>
          Clear filter
        </Button>
      </div>
    </div>
  );
}
