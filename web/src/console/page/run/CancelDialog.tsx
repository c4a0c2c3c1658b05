import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';

import type { DagRunResponse } from '../../../contract/dag-runs.ts';
import { useRunMark } from '../../api/reads.ts';
import { markRun, useRefreshRun } from '../../api/writes.ts';
import { formatOf } from '../../format/number.ts';
import { shortRun } from '../../frame/crumbs.ts';
import { isFinished } from '../../state/state-style.ts';
import { Button } from '../../ui/Button.tsx';
import { Modal } from '../../ui/Modal.tsx';
import { showToast } from '../../ui/toasts.ts';
import styles from './ClearDialog.module.css';
import { effectOnStream } from './effect-on-stream.ts';
import { countStopped, RunMarkPreview } from './RunMarkPreview.tsx';

interface Props {
  readonly run: DagRunResponse;
  readonly onClose: () => void;
}

/** Ends a run that is under way as failed. A run that ends by itself meanwhile keeps its own end. */
export function CancelDialog({ run, onClose }: Props) {
  const { dag_id: dagId, dag_run_id: runId } = run;
  const preview = useRunMark(dagId, runId, 'failed');
  const refresh = useRefreshRun(dagId, runId);
  const cancel = useMutation({
    mutationFn: () =>
      markRun(dagId, runId, { state: 'failed', tidegate_if_state: ['queued', 'running'] }),
    onSuccess: () => {
      onClose();
      showToast({ text: `run ${shortRun(runId)} of ${dagId} is cancelled`, state: 'failed' });
    },
    onSettled: () => refresh(),
  });
  const close = useRef<HTMLButtonElement>(null);
  const { data: mark } = preview;
  const hasEnded = mark !== undefined && isFinished(mark.state);
  const stopped = countStopped(mark?.tasks ?? []);
  return (
    <Modal
      title={`Cancel run ${shortRun(runId)} of ${dagId}`}
      onClose={onClose}
      actions={
        <>
          <Button look="ghost" autoFocus ref={close} onClick={onClose}>
            {hasEnded ? 'Close' : 'Let it run'}
          </Button>
          {!hasEnded && (
            <Button
              look="danger"
              disabled={mark === undefined || cancel.isPending}
              onClick={() => {
                // This button goes away when the run has ended, and the keys would go with it.
                close.current?.focus();
                cancel.mutate();
              }}
            >
              Cancel run{stopped > 0 ? ` and stop ${formatOf(stopped, 'task')}` : ''}
            </Button>
          )}
        </>
      }
    >
      {hasEnded ? (
        <p className={styles.lead} role="status">
          The run has ended: {mark.state}. There is nothing left to cancel.
        </p>
      ) : (
        <>
          <p className={styles.lead}>
            The run fails. What runs is told to stop at its worker&apos;s next sign of life, within
            seconds, and whatever it still reports is refused. {effectOnStream(run, 'failed')}
          </p>
          <RunMarkPreview mark={mark} error={cancel.error ?? preview.error} />
        </>
      )}
    </Modal>
  );
}
