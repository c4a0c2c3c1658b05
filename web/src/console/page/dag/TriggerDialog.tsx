import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';

import type { UiDagPage } from '../../../contract/ui-dags.ts';
import { dagQuery } from '../../api/reads.ts';
import { useMayChange } from '../../api/session.ts';
import { Modal } from '../../ui/Modal.tsx';
import { NotAllowed } from '../../ui/NotAllowed.tsx';
import { QueryState } from '../../ui/QueryState.tsx';
import { showToast } from '../../ui/toasts.ts';
import { TriggerForm } from './TriggerForm.tsx';

interface Props {
  readonly dagId: string;
  readonly onClose: () => void;
}

/** Makes a run by hand, with the params the DAG declares; opens the run it made. */
export function TriggerDialog({ dagId, onClose }: Props) {
  const query = useQuery(dagQuery(dagId));
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const onTriggered = (runId: string) => {
    showToast({ text: `${dagId} was triggered`, state: 'queued' });
    void navigate({ to: '/dags/$dagId/runs/$runId', params: { dagId, runId } });
  };
  if (!mayChange) return <NotAllowed verb="trigger runs" onClose={onClose} />;
  return (
    <Modal title={`Trigger ${dagId}`} onClose={onClose} width={560}>
      <QueryState query={query} what={`DAG ${dagId}`}>
        {(page: UiDagPage) => (
          <TriggerForm page={page} onCancel={onClose} onTriggered={onTriggered} />
        )}
      </QueryState>
    </Modal>
  );
}
