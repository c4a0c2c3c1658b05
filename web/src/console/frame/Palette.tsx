import { type KeyboardEvent, useState } from 'react';
import {
  Autocomplete,
  Dialog,
  Input,
  Menu,
  MenuItem,
  Modal as AriaModal,
  ModalOverlay,
  SearchField,
} from 'react-aria-components';

import { Icon } from '../ui/Icon.tsx';
import { Kbd } from '../ui/Kbd.tsx';
import modal from '../ui/Modal.module.css';
import styles from './Palette.module.css';
import { rankItems } from './rank-items.ts';
import { usePaletteItems } from './use-palette-items.ts';

const MOST_SHOWN = 12;

/** `mod+K`: go to a page, a DAG or a run, or do something to a DAG, by typing a few letters. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const items = usePaletteItems(typed);
  const shown = rankItems(items, typed).slice(0, MOST_SHOWN);
  const run = (id: string) => {
    onClose();
    items.find((item) => item.id === id)?.run();
  };
  /** What was found after the last key has no focus yet: Enter means the first of it. */
  const onKey = (event: KeyboardEvent) => {
    const isOnItem = document.querySelector('[role="menuitem"][data-focused]') !== null;
    const [first] = shown;
    if (event.key !== 'Enter' || isOnItem || first === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    run(first.id);
  };
  return (
    <ModalOverlay
      className={modal.overlay ?? ''}
      isOpen
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <AriaModal className={`${modal.modal} ${styles.palette}`}>
        <Dialog className={modal.dialog ?? ''} aria-label="Search or jump to">
          <Autocomplete inputValue={typed} onInputChange={setTyped} disableVirtualFocus={false}>
            <div onKeyDownCapture={onKey}>
              <SearchField className={styles.field ?? ''} aria-label="Search or jump to" autoFocus>
                <Icon name="search" />
                <Input className={styles.input ?? ''} placeholder="A DAG, a run, or what to do" />
              </SearchField>
            </div>
            <Menu
              className={styles.menu ?? ''}
              aria-label="Found"
              items={shown}
              onAction={(id) => run(String(id))}
              renderEmptyState={() => <p className={styles.none}>Nothing is called “{typed}”.</p>}
            >
              {(item) => (
                <MenuItem id={item.id} textValue={item.name} className={styles.item ?? ''}>
                  <span className={styles.kind}>{item.kind}</span>
                  <span className={styles.name}>{item.name}</span>
                  {item.keys !== undefined && <Kbd keys={item.keys} />}
                </MenuItem>
              )}
            </Menu>
          </Autocomplete>
        </Dialog>
      </AriaModal>
    </ModalOverlay>
  );
}
