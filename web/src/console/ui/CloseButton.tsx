import styles from './CloseButton.module.css';
import { Icon } from './Icon.tsx';

interface Props {
  readonly label: string;
  readonly onClose: () => void;
}

export function CloseButton({ label, onClose }: Props) {
  return (
    <button type="button" className={styles.close} aria-label={label} onClick={onClose}>
      <Icon name="close" />
    </button>
  );
}
