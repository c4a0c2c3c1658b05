import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import type { DagRunResponse } from '../../../contract/dag-runs.ts';
import { useRunMark } from '../../api/reads.ts';
import { markRun, useRefreshRun } from '../../api/writes.ts';
import { shortRun } from '../../frame/crumbs.ts';
import { ConfirmActions } from '../../ui/ConfirmActions.tsx';
import { Modal } from '../../ui/Modal.tsx';
import { showToast } from '../../ui/toasts.ts';
import styles from './ClearDialog.module.css';
import { effectOnStream } from './effect-on-stream.ts';
import { NewState } from './NewState.tsx';
import { RunMarkPreview } from './RunMarkPreview.tsx';

const STATES = ['success', 'failed'] as const;

interface Props {
  readonly run: DagRunResponse;
  readonly onClose: () => void;
}

/** Says how a run ended: its tasks that are left end with it. */
export function MarkRunDialog({ run, onClose }: Props) {
  const { dag_id: dagId, dag_run_id: runId } = run;
  const [state, setState] = useState<(typeof STATES)[number]>('success');
  const preview = useRunMark(dagId, runId, state);
  const refresh = useRefreshRun(dagId, runId);
  const mark = useMutation({
    // Only while the run is still what the preview saw.
    mutationFn: () =>
      markRun(dagId, runId, {
        state,
        ...(preview.data !== undefined && { tidegate_if_state: [preview.data.state] }),
      }),
    onSuccess: () => {
      onClose();
      showToast({ text: `run ${shortRun(runId)} is marked ${state}`, state });
    },
    onSettled: () => refresh(),
  });
  const isSame = preview.data?.state === state && preview.data.tasks.length === 0;
  const effect = effectOnStream(run, state);
  return (
    <Modal
      title={`Mark run ${shortRun(runId)}`}
      onClose={onClose}
      actions={
        <ConfirmActions
          verb={`Mark run ${state}`}
          isDisabled={preview.data === undefined || isSame || mark.isPending}
          onConfirm={() => mark.mutate()}
          onClose={onClose}
        />
      }
    >
      <p className={styles.lead}>
        {state === 'success'
          ? 'Every task that did not succeed is set to success, without running.'
          : 'What runs is stopped and fails; what has not begun is skipped; what has ended stays.'}{' '}
        {effect}
      </p>
      <div className={styles.options}>
        <NewState states={STATES} value={state} onChange={setState} />
      </div>
      <RunMarkPreview mark={preview.data} error={mark.error ?? preview.error} />
    </Modal>
  );
}
