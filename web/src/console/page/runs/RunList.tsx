import { useNavigate, useSearch } from '@tanstack/react-router';

import { useHome } from '../../api/reads.ts';
import { formatOf } from '../../format/number.ts';
import { StateGlyph } from '../../state/StateGlyph.tsx';
import { Foot } from '../../ui/Foot.tsx';
import { Say } from '../../ui/Say.tsx';
import { Segments } from '../../ui/Segments.tsx';
import { usePageTitle } from '../../ui/use-page-title.ts';
import styles from './RunList.module.css';
import { RunTable } from './RunTable.tsx';

const STATES = ['queued', 'running', 'success', 'failed'] as const;
const TYPES = ['scheduled', 'manual', 'backfill'] as const;

/** Runs of every DAG. */
export function RunList() {
  usePageTitle('Runs');
  const { state, type } = useSearch({ from: '/framed/runs' });
  const navigate = useNavigate({ from: '/runs' });
  const { data: home } = useHome();
  const filter = {
    ...(state !== undefined && { state }),
    ...(type !== undefined && { runType: type }),
  };
  return (
    <>
      {home !== undefined && (
        <Say
          fact={
            home.runs.running === 0
              ? 'Nothing runs at the moment.'
              : `${formatOf(home.runs.running, 'run is', 'runs are')} in progress.`
          }
          then={`In the last 24 hours ${formatOf(home.last_day.success, 'run')} succeeded and ${home.last_day.failed} failed.`}
        />
      )}
      <div className={styles.bar}>
        <Segments<(typeof STATES)[number] | 'all'>
          label="State"
          value={state ?? 'all'}
          onChange={(next) =>
            void navigate({
              search: (old) => ({ ...old, state: next === 'all' ? undefined : next }),
              replace: true,
            })
          }
          segments={[
            { value: 'all', content: 'All' },
            ...STATES.map((each) => ({
              value: each,
              content: (
                <>
                  <StateGlyph state={each} /> {each}
                </>
              ),
            })),
          ]}
        />
        <Segments<(typeof TYPES)[number] | 'asset_triggered' | 'all'>
          label="Trigger"
          value={type ?? 'all'}
          onChange={(next) =>
            void navigate({
              search: (old) => ({ ...old, type: next === 'all' ? undefined : next }),
              replace: true,
            })
          }
          segments={[
            { value: 'all', content: 'Any trigger' },
            ...TYPES.map((each) => ({ value: each, content: each })),
          ]}
        />
      </div>
      <RunTable filter={filter} />
      <Foot keys={['j', 'k', 'o', 'shift+c', 'mod+k', '?']} />
    </>
  );
}
