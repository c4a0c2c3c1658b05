import { Modal } from '../../ui/Modal.tsx';

interface Props {
  readonly dagId: string;
  readonly onClose: () => void;
}

export function TriggerDialog({ dagId, onClose }: Props) {
  return (
    <Modal title={`Trigger ${dagId}`} onClose={onClose}>
      …
    </Modal>
  );
}
