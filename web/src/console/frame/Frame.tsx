import { Outlet, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';

import {
  hideKeyboardHelp,
  showKeyboardHelp,
  useIsKeyboardHelpShown,
} from '../keyboard/help-state.ts';
import { listenToKeys, useShortcuts } from '../keyboard/shortcuts.ts';
import { setZone, useZone } from '../format/zone.ts';
import { useLiveUpdates } from '../live/use-live-updates.ts';
import { Toasts } from '../ui/Toasts.tsx';
import { Banners } from './Banners.tsx';
import styles from './Frame.module.css';
import { DESTINATIONS } from './navigation.ts';
import { Rail } from './Rail.tsx';
import { TopBar } from './TopBar.tsx';

const importPalette = () => import('./Palette.tsx');
const Palette = lazy(async () => ({ default: (await importPalette()).Palette }));
const KeyboardHelp = lazy(async () => ({
  default: (await import('../keyboard/KeyboardHelp.tsx')).KeyboardHelp,
}));

/** Behind what the page itself needs first. */
const PALETTE_AFTER_MS = 300;

/** What stays while pages come and go. */
export function Frame() {
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const isHelpShown = useIsKeyboardHelpShown();
  useEffect(listenToKeys, []);
  useLiveUpdates();
  useFrameKeys(() => setPaletteOpen(true));
  useEffect(loadPaletteSoon, []);
  return (
    <div className={styles.app}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <Rail />
      <div className={styles.column}>
        <TopBar onSearch={() => setPaletteOpen(true)} />
        <Banners />
        <main id="main" className={styles.main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Toasts />
      <Suspense>
        {isPaletteOpen && <Palette onClose={() => setPaletteOpen(false)} />}
        {isHelpShown && <KeyboardHelp />}
      </Suspense>
    </div>
  );
}

/** Until the palette is there, letters typed for it would be keys of the page. */
function loadPaletteSoon(): () => void {
  const timer = setTimeout(() => {
    // Without it now, opening it asks again.
    importPalette().catch(() => undefined);
  }, PALETTE_AFTER_MS);
  return () => clearTimeout(timer);
}

function useFrameKeys(openPalette: () => void): void {
  const navigate = useNavigate();
  const zone = useZone();
  useEffect(() => hideKeyboardHelp, []);
  useShortcuts('Everywhere', [
    { keys: 'mod+k', label: 'Search or jump to', run: openPalette },
    { keys: '?', label: 'All keys', run: showKeyboardHelp },
    { keys: 'u', label: 'UTC or local time', run: () => setZone(zone === 'UTC' ? 'local' : 'UTC') },
    {
      keys: 'y',
      label: 'Copy the link',
      run: () => void navigator.clipboard.writeText(location.href),
    },
    ...DESTINATIONS.map(({ to, name, keys }) => ({
      keys,
      label: name,
      run: () => void navigate({ to }),
    })),
  ]);
}
