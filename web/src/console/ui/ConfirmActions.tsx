import { Button } from './Button.tsx';

interface Props {
  /** What the button that does it says: `Clear 3 tasks`. */
  readonly verb: string;
  readonly isDisabled: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** A dialog's way out, which the keys stand on, and its deed. */
export function ConfirmActions({ verb, isDisabled, onConfirm, onClose }: Props) {
  return (
    <>
      <Button look="ghost" autoFocus onClick={onClose}>
        Cancel
      </Button>
      <Button look="primary" disabled={isDisabled} onClick={onConfirm}>
        {verb}
      </Button>
    </>
  );
}
