import { useNavigate } from '@tanstack/react-router';
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

import { useDagList, useRuns } from '../api/reads.ts';
import { useSetPaused } from '../api/writes.ts';
import { showKeyboardHelp } from '../keyboard/help-state.ts';
import { setTheme, THEMES } from '../theme/theme.ts';
import { Icon } from '../ui/Icon.tsx';
import { Kbd } from '../ui/Kbd.tsx';
import modal from '../ui/Modal.module.css';
import { DESTINATIONS } from './navigation.ts';
import styles from './Palette.module.css';
import { type PaletteItem, rankItems } from './rank-items.ts';

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

function usePaletteItems(typed: string): readonly PaletteItem[] {
  const navigate = useNavigate();
  const setPaused = useSetPaused();
  const word = typed.trim().split(/\s+/).at(-1) ?? '';
  const all = useDagList({});
  // Few DAGs are all at hand, so that nothing moves while one types; of many those with the word are asked for.
  const dags = useDagList(all.hasNextPage ? { q: word } : {});
  const runs = useRuns({});
  const list = dags.data?.pages.flatMap((page) => page.dags) ?? [];
  const newest = runs.data?.pages[0]?.dag_runs ?? [];
  return [
    ...DESTINATIONS.map(({ to, name, keys }) => ({
      id: `go ${to}`,
      kind: 'Go to',
      name,
      keys,
      run: () => void navigate({ to }),
    })),
    ...list.map(({ dag_id: dagId }) => ({
      id: `dag ${dagId}`,
      kind: 'DAG',
      name: dagId,
      run: () => void navigate({ to: '/dags/$dagId', params: { dagId } }),
    })),
    ...list.flatMap(({ dag_id: dagId, is_paused: isPaused }) => [
      {
        id: `trigger ${dagId}`,
        kind: 'Trigger',
        name: dagId,
        run: () =>
          void navigate({ to: '/dags/$dagId', params: { dagId }, search: { trigger: dagId } }),
      },
      {
        id: `pause ${dagId}`,
        kind: isPaused ? 'Unpause' : 'Pause',
        name: dagId,
        run: () => setPaused.mutate({ dagId, isPaused: !isPaused }),
      },
    ]),
    ...newest.map(({ dag_id: dagId, dag_run_id: runId }) => ({
      id: `run ${dagId} ${runId}`,
      kind: 'Run',
      name: `${dagId} ${runId}`,
      run: () => void navigate({ to: '/dags/$dagId/runs/$runId', params: { dagId, runId } }),
    })),
    ...THEMES.map((theme) => ({
      id: `theme ${theme}`,
      kind: 'Theme',
      name: theme,
      run: () => setTheme(theme),
    })),
    { id: 'keys', kind: 'Show', name: 'all keys', keys: '?', run: showKeyboardHelp },
  ];
}
