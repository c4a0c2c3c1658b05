import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import type { UiRun, UiTaskInstance } from '../../../contract/ui-run.ts';
import { useMayChange } from '../../api/session.ts';
import { NotAllowed } from '../../ui/NotAllowed.tsx';
import { CancelDialog } from './CancelDialog.tsx';
import { ClearDialog } from './ClearDialog.tsx';
import { MarkDialog } from './MarkDialog.tsx';
import { MarkRunDialog } from './MarkRunDialog.tsx';

export type RunDialog =
  | { readonly kind: 'clear'; readonly scope: 'failed' | 'all' | 'task' }
  | { readonly kind: 'mark' | 'mark-run' | 'cancel' };

/** The open dialog; that of cancelling may stand in the address, where lists and the palette put it. */
export function useRunDialog(): [RunDialog | undefined, (dialog: RunDialog | undefined) => void] {
  const [dialog, setDialog] = useState<RunDialog>();
  const { do: asked } = useSearch({ from: '/framed/dags/$dagId/runs/$runId' });
  const navigate = useNavigate({ from: '/dags/$dagId/runs/$runId' });
  const set = (next: RunDialog | undefined) => {
    setDialog(next);
    if (asked === undefined) return;
    void navigate({ search: (old) => ({ ...old, do: undefined }), replace: true });
  };
  return [dialog ?? (asked === undefined ? undefined : { kind: asked }), set];
}

interface Props {
  readonly page: UiRun;
  readonly dialog: RunDialog | undefined;
  readonly task: UiTaskInstance | undefined;
  readonly onClose: () => void;
}

export function RunDialogs({ page, dialog, task, onClose }: Props) {
  const mayChange = useMayChange();
  if (dialog === undefined) return null;
  if (!mayChange) return <NotAllowed verb="change runs" onClose={onClose} />;
  switch (dialog.kind) {
    case 'clear':
      return <ClearDialog page={page} scope={dialog.scope} task={task} onClose={onClose} />;
    case 'mark':
      return task === undefined ? null : <MarkDialog page={page} task={task} onClose={onClose} />;
    case 'mark-run':
      return <MarkRunDialog run={page.run} onClose={onClose} />;
    case 'cancel':
      return <CancelDialog run={page.run} onClose={onClose} />;
  }
}
