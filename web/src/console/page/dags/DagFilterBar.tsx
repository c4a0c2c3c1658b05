import { useNavigate } from '@tanstack/react-router';

import { useHome } from '../../api/reads.ts';
import { StateGlyph } from '../../state/StateGlyph.tsx';
import { SearchBox } from '../../ui/SearchBox.tsx';
import { Segments } from '../../ui/Segments.tsx';
import type { Show } from './dag-filter.ts';
import styles from './DagFilterBar.module.css';

interface Props {
  readonly q: string;
  readonly show: Show | undefined;
}

/** What of all DAGs shows; it lives in the address. */
export function DagFilterBar({ q, show }: Props) {
  const navigate = useNavigate({ from: '/dags' });
  const { data: home } = useHome();
  const count = (value: number | undefined) => (value === undefined ? '' : ` ${value}`);
  return (
    <div className={styles.bar}>
      <SearchBox
        label="Filter DAGs"
        placeholder="name, tag:, owner:"
        value={q}
        onChange={(next) =>
          void navigate({
            search: (old) => ({ ...old, q: next === '' ? undefined : next }),
            replace: true,
          })
        }
      />
      <Segments<Show | 'all'>
        label="Which DAGs"
        value={show ?? 'all'}
        onChange={(next) =>
          void navigate({
            search: (old) => ({ ...old, show: next === 'all' ? undefined : next }),
            replace: true,
          })
        }
        segments={[
          { value: 'all', content: `All${count(home?.dags.total)}` },
          {
            value: 'failed',
            label: 'Newest run failed',
            content: (
              <>
                <StateGlyph state="failed" /> Failed{count(home?.dags.failing)}
              </>
            ),
          },
          {
            value: 'running',
            label: 'Newest run is running',
            content: (
              <>
                <StateGlyph state="running" /> Running
              </>
            ),
          },
          { value: 'paused', content: `Paused${count(home?.dags.paused)}` },
        ]}
      />
    </div>
  );
}
