import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { UiRun, UiTaskInstance } from '../../../contract/ui-run.ts';
import { markTask, useRefreshRun } from '../../api/writes.ts';
import { ConfirmActions } from '../../ui/ConfirmActions.tsx';
import { Modal } from '../../ui/Modal.tsx';
import { showToast } from '../../ui/toasts.ts';
import styles from './ClearDialog.module.css';
import { NewState } from './NewState.tsx';
import { TaskPreview } from './TaskPreview.tsx';

const STATES = ['success', 'failed', 'skipped'] as const;

interface Props {
  readonly page: UiRun;
  readonly task: UiTaskInstance;
  readonly onClose: () => void;
}

/** Says how a task ended, without running it. */
export function MarkDialog({ page, task, onClose }: Props) {
  const [state, setState] = useState<(typeof STATES)[number]>('success');
  const [withDownstream, setDownstream] = useState(false);
  const address = { dagId: page.run.dag_id, runId: page.run.dag_run_id, taskId: task.task_id };
  const body = { new_state: state, include_downstream: withDownstream };
  const preview = useQuery({
    queryKey: ['mark-preview', address, body],
    queryFn: () => markTask(address, body, true),
    gcTime: 0,
    staleTime: 0,
  });
  const refresh = useRefreshRun(address.dagId, address.runId);
  const mark = useMutation({
    mutationFn: () => markTask(address, body, false),
    onSuccess: () => {
      onClose();
      showToast({ text: `${task.task_id} is marked ${state}`, state });
      return refresh();
    },
  });
  const tasks = preview.data?.task_instances ?? [];
  return (
    <Modal
      title={`Mark ${task.task_id}`}
      onClose={onClose}
      actions={
        <ConfirmActions
          verb={`Mark ${state}`}
          isDisabled={tasks.length === 0 || preview.isFetching || mark.isPending}
          onConfirm={() => mark.mutate()}
          onClose={onClose}
        />
      }
    >
      <p className={styles.lead}>
        The task is not run. What depends on it goes on as if it had ended so.
      </p>
      <div className={styles.options}>
        <NewState states={STATES} value={state} onChange={setState} />
        <label className={styles.option}>
          <input
            type="checkbox"
            checked={withDownstream}
            onChange={(event) => setDownstream(event.target.checked)}
          />
          and what runs after it
        </label>
      </div>
      <TaskPreview
        tasks={tasks}
        isLoading={preview.isPending}
        error={mark.error ?? preview.error}
        none={`Nothing would change: it is ${state} already.`}
      />
    </Modal>
  );
}
