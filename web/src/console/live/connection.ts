import { useSyncExternalStore } from 'react';

export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'offline';

export interface Connection {
  readonly state: ConnectionState;
  /** When the server was last heard of; null when never in this tab. */
  readonly lastHeardMs: number | null;
}

let current: Connection = { state: 'connecting', lastHeardMs: null };
const listeners = new Set<() => void>();

export function reportConnection(state: ConnectionState): void {
  const lastHeardMs = state === 'live' ? Date.now() : current.lastHeardMs;
  if (state === current.state && state !== 'live') return;
  current = { state, lastHeardMs };
  for (const listener of listeners) listener();
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
