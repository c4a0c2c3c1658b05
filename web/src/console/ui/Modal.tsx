import type { ReactNode } from 'react';
import { Dialog, Heading, Modal as AriaModal, ModalOverlay } from 'react-aria-components';

import { CloseButton } from './CloseButton.tsx';
import styles from './Modal.module.css';

interface Props {
  readonly title: ReactNode;
  readonly children: ReactNode;
  readonly onClose: () => void;
  /** (Default: 520 px) */
  readonly width?: number;
  /** The row of buttons at the foot. */
  readonly actions?: ReactNode;
}

/** A dialog: keeps the focus, closes on Escape, gives the focus back. On phones it fills the screen's foot. */
export function Modal({ title, children, onClose, width = 520, actions }: Props) {
  return (
    <ModalOverlay
      className={styles.overlay ?? ''}
      isOpen
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <AriaModal className={styles.modal ?? ''} style={{ maxWidth: width }}>
        <Dialog className={styles.dialog ?? ''}>
          <header className={styles.head}>
            <Heading slot="title" className={styles.title ?? ''}>
              {title}
            </Heading>
            <CloseButton label="Close" onClose={onClose} />
          </header>
          <div className={styles.body}>{children}</div>
          {actions !== undefined && <footer className={styles.actions}>{actions}</footer>}
        </Dialog>
      </AriaModal>
    </ModalOverlay>
  );
}
