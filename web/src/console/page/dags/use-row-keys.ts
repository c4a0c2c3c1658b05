import { useNavigate } from '@tanstack/react-router';

import type { UiDag } from '../../../contract/ui-dags.ts';
import { useMayChange } from '../../api/session.ts';
import { type Shortcut, useShortcuts } from '../../keyboard/shortcuts.ts';
import { useRowCursor } from '../../keyboard/use-row-cursor.ts';
import type { BulkVerb } from './bulk-verbs.ts';
import type { Selection } from './use-selection.ts';

interface Doing {
  readonly selection: Selection;
  readonly onTrigger: (dagId: string) => void;
  readonly onBulk: (verb: BulkVerb) => void;
}

/** `j` and `k` move over the rows, `o` opens, `x` selects, the rest acts. Answers the row they stand on. */
export function useRowKeys(dags: readonly UiDag[], doing: Doing): string | undefined {
  const { current, move } = useRowCursor(dags, ({ dag_id: id }) => id);
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const dagId = current?.dag_id;
  useShortcuts('List', [
    { keys: 'j', label: 'Next row', run: () => move(1) },
    { keys: 'k', label: 'Row before', run: () => move(-1) },
    {
      keys: 'o',
      label: 'Open the row',
      run: () => {
        if (dagId !== undefined) void navigate({ to: '/dags/$dagId', params: { dagId } });
      },
    },
    ...(mayChange ? changingKeys(dagId, doing) : []),
  ]);
  return dagId;
}

function changingKeys(
  dagId: string | undefined,
  { selection, onTrigger, onBulk }: Doing,
): readonly Shortcut[] {
  const onRow = (act: (id: string) => void) => () => {
    if (dagId !== undefined) act(dagId);
  };
  const onSelected = (verb: BulkVerb) => () => {
    if (selection.dags.length > 0) onBulk(verb);
  };
  return [
    { keys: 't', label: 'Trigger the row', run: onRow(onTrigger) },
    { keys: 'x', label: 'Select the row', run: onRow(selection.toggle) },
    { keys: 'shift+x', label: 'Select all or none', run: selection.toggleAll },
    { keys: 'shift+p', label: 'Pause the selected', run: onSelected('pause') },
    { keys: 'shift+u', label: 'Unpause the selected', run: onSelected('unpause') },
    { keys: 'shift+t', label: 'Trigger the selected', run: onSelected('trigger') },
  ];
}
