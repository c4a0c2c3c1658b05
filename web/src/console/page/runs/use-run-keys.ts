import { useNavigate } from '@tanstack/react-router';

import type { DagRunResponse } from '../../../contract/dag-runs.ts';
import { useMayChange } from '../../api/session.ts';
import { useShortcuts } from '../../keyboard/shortcuts.ts';
import { useRowCursor } from '../../keyboard/use-row-cursor.ts';
import { isFinished } from '../../state/state-style.ts';

/** `j` and `k` move over the runs, `o` opens, `shift+c` cancels. Answers the run they stand on. */
export function useRunKeys(
  runs: readonly DagRunResponse[],
  onCancel: (run: DagRunResponse) => void,
): DagRunResponse | undefined {
  const { current, move } = useRowCursor(runs, (run) => `${run.dag_id} ${run.dag_run_id}`);
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const open = () => {
    if (current === undefined) return;
    const { dag_id: dagId, dag_run_id: runId } = current;
    void navigate({ to: '/dags/$dagId/runs/$runId', params: { dagId, runId } });
  };
  const cancel = () => {
    if (current !== undefined && !isFinished(current.state)) onCancel(current);
  };
  useShortcuts('Runs', [
    { keys: 'j', label: 'Next row', run: () => move(1) },
    { keys: 'k', label: 'Row before', run: () => move(-1) },
    { keys: 'o', label: 'Open the row', run: open },
    ...(mayChange ? [{ keys: 'shift+c', label: 'Cancel the run', run: cancel }] : []),
  ]);
  return current;
}
