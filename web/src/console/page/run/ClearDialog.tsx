import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { ClearTaskInstancesRequest } from '../../../contract/task-instances.ts';
import type { UiRun, UiTaskInstance } from '../../../contract/ui-run.ts';
import { clearTasks, useRefreshRun } from '../../api/writes.ts';
import { formatOf } from '../../format/number.ts';
import { ConfirmActions } from '../../ui/ConfirmActions.tsx';
import { Modal } from '../../ui/Modal.tsx';
import { showToast } from '../../ui/toasts.ts';
import styles from './ClearDialog.module.css';
import { TaskPreview } from './TaskPreview.tsx';

interface Props {
  readonly page: UiRun;
  readonly scope: 'failed' | 'all' | 'task';
  readonly task: UiTaskInstance | undefined;
  readonly onClose: () => void;
}

/** Runs tasks again. What stands in the list is what the server says it would clear, and only that. */
export function ClearDialog({ page, scope, task, onClose }: Props) {
  const { dag_id: dagId, dag_run_id: runId } = page.run;
  const [withDownstream, setDownstream] = useState(true);
  const [withUpstream, setUpstream] = useState(false);
  const body = toRequest({ runId, scope, task, withDownstream, withUpstream });
  const preview = useQuery({
    queryKey: ['clear-preview', dagId, body],
    queryFn: () => clearTasks(dagId, { ...body, dry_run: true }),
    gcTime: 0,
    staleTime: 0,
  });
  const refresh = useRefreshRun(dagId, runId);
  const clear = useMutation({
    mutationFn: () => clearTasks(dagId, { ...body, dry_run: false }),
    onSuccess: ({ task_instances: cleared }) => {
      onClose();
      showToast({
        text: `${formatOf(cleared.length, 'task')} of ${dagId} run again`,
        state: 'restarting',
      });
      return refresh();
    },
  });
  const tasks = preview.data?.task_instances ?? [];
  const [title, verb] = wordsOf(scope, task, tasks.length);
  return (
    <Modal
      title={title}
      onClose={onClose}
      actions={
        <ConfirmActions
          verb={verb}
          isDisabled={tasks.length === 0 || preview.isFetching || clear.isPending}
          onConfirm={() => clear.mutate()}
          onClose={onClose}
        />
      }
    >
      <p className={styles.lead}>
        Same run, same range, same code. What was loaded before is replaced, never doubled.
      </p>
      {scope === 'task' && (
        <div className={styles.options}>
          <Option label="and what runs after it" isOn={withDownstream} onChange={setDownstream} />
          <Option label="and what it needs" isOn={withUpstream} onChange={setUpstream} />
        </div>
      )}
      <TaskPreview
        tasks={tasks}
        isLoading={preview.isPending}
        error={clear.error ?? preview.error}
        none="There is nothing to clear: no task of this run matches."
      />
    </Modal>
  );
}

interface Choice {
  readonly runId: string;
  readonly scope: Props['scope'];
  readonly task: UiTaskInstance | undefined;
  readonly withDownstream: boolean;
  readonly withUpstream: boolean;
}

function toRequest({
  runId,
  scope,
  task,
  withDownstream,
  withUpstream,
}: Choice): ClearTaskInstancesRequest {
  const common = { dag_run_id: runId, only_failed: scope === 'failed' };
  if (scope !== 'task' || task === undefined) {
    return { ...common, include_downstream: scope === 'failed' };
  }
  return {
    ...common,
    task_ids: [task.task_id],
    include_downstream: withDownstream,
    include_upstream: withUpstream,
  };
}

function wordsOf(
  scope: Props['scope'],
  task: UiTaskInstance | undefined,
  count: number,
): [string, string] {
  const many = count === 0 ? '' : ` ${formatOf(count, 'task')}`;
  switch (scope) {
    case 'failed':
      return ['Retry what failed', `Retry${many}`];
    case 'all':
      return ['Re-run the whole run', `Re-run${many}`];
    case 'task':
      return [`Clear ${task?.task_id ?? 'task'}`, `Clear${many}`];
  }
}

interface OptionProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

function Option({ label, isOn, onChange }: OptionProps) {
  return (
    <label className={styles.option}>
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}
