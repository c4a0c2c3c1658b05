import { createStore, useStore } from '../create-store.ts';

export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'offline';

export interface Connection {
  readonly state: ConnectionState;
  /** When the server was last heard of; null when never in this tab. */
  readonly lastHeardMs: number | null;
}

const connection = createStore<Connection>({ state: 'connecting', lastHeardMs: null });

export function reportConnection(state: ConnectionState): void {
  const before = connection.get();
  if (state === before.state && state !== 'live') return;
  const lastHeardMs = state === 'live' ? Date.now() : before.lastHeardMs;
  connection.set({ state, lastHeardMs });
}

export function useConnection(): Connection {
  return useStore(connection);
}
