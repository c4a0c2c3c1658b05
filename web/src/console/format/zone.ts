import { createStore, useStore } from '../create-store.ts';
import type { Zone } from './time.ts';

const KEY = 'tidegate.zone';
const zone = createStore<Zone>(localStorage.getItem(KEY) === 'local' ? 'local' : 'UTC');

export function setZone(next: Zone): void {
  localStorage.setItem(KEY, next);
  zone.set(next);
}

/** The zone times are shown in. (Default: UTC) */
export function useZone(): Zone {
  return useStore(zone);
}
