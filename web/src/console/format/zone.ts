import { useSyncExternalStore } from 'react';

import type { Zone } from './time.ts';

const KEY = 'tidegate.zone';
const listeners = new Set<() => void>();
let zone: Zone = localStorage.getItem(KEY) === 'local' ? 'local' : 'UTC';

export function setZone(next: Zone): void {
  zone = next;
  localStorage.setItem(KEY, next);
  for (const listener of listeners) listener();
}

/** The zone times are shown in. (Default: UTC) */
export function useZone(): Zone {
  return useSyncExternalStore(subscribe, () => zone);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
