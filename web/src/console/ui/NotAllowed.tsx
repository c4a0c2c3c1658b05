import { useSession } from '../api/session.ts';
import { Button } from './Button.tsx';
import { Modal } from './Modal.tsx';

interface Props {
  /** What is not allowed: `trigger runs`. */
  readonly verb: string;
  readonly onClose: () => void;
}

/** Where an address leads to a verb one may not use. Nothing while it is not known who one is. */
export function NotAllowed({ verb, onClose }: Props) {
  const { data: session } = useSession();
  if (session === undefined) return null;
  return (
    <Modal
      title={`You may not ${verb}`}
      onClose={onClose}
      actions={
        <Button autoFocus onClick={onClose}>
          Close
        </Button>
      }
    >
      <p>
        {session.username} has the role {session.role}, which sees everything and changes nothing.
        An administrator can give it the role user.
      </p>
    </Modal>
  );
}
