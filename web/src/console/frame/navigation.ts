import type { IconName } from '../ui/Icon.tsx';

export interface Destination {
  readonly to: '/' | '/dags' | '/runs' | '/streams';
  readonly name: string;
  readonly icon: IconName;
  /** The sequence that goes there. */
  readonly keys: string;
}

/** What the rail, the menu of small screens, the palette and the `g` keys lead to. */
export const DESTINATIONS: readonly Destination[] = [
  { to: '/', name: 'Home', icon: 'home', keys: 'g h' },
  { to: '/dags', name: 'DAGs', icon: 'dags', keys: 'g d' },
  { to: '/runs', name: 'Runs', icon: 'runs', keys: 'g r' },
  { to: '/streams', name: 'Streams', icon: 'streams', keys: 'g s' },
];
