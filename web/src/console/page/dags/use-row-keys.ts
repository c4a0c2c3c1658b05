import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import type { UiDag } from '../../../contract/ui-dags.ts';
import { useShortcuts } from '../../keyboard/shortcuts.ts';

/** `j` and `k` move over the rows, `Enter` opens, `t` triggers. Answers the row they stand on. */
export function useRowKeys(
  dags: readonly UiDag[],
  onTrigger: (dagId: string) => void,
): string | undefined {
  const [selected, setSelected] = useState<string>();
  const navigate = useNavigate();
  const index = dags.findIndex(({ dag_id: id }) => id === selected);
  const move = (by: number) => {
    const next = index < 0 ? 0 : Math.min(dags.length - 1, Math.max(0, index + by));
    setSelected(dags[next]?.dag_id);
  };
  const current = dags[index]?.dag_id;
  useShortcuts('List', [
    { keys: 'j', label: 'Next row', run: () => move(1) },
    { keys: 'k', label: 'Row before', run: () => move(-1) },
    {
      keys: 'o',
      label: 'Open the row',
      run: () => {
        if (current !== undefined)
          void navigate({ to: '/dags/$dagId', params: { dagId: current } });
      },
    },
    {
      keys: 't',
      label: 'Trigger the row',
      run: () => {
        if (current !== undefined) onTrigger(current);
      },
    },
  ]);
  return current;
}
