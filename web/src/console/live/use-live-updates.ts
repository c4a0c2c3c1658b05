import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

import { KEYS } from '../api/reads.ts';
import type { UiChanges, UiEventName, UiInvalidate } from '../../contract/ui-events.ts';
import { SESSION_KEY } from '../api/session.ts';
import { applyChanges } from './apply-changes.ts';
import { reportConnection } from './connection.ts';
import type { RunChange } from './patch-columns.ts';
import { Refetches } from './refetches.ts';

const RETRY_MS = { first: 1_000, most: 15_000 };
/** A tab nobody looks at gives its connection back after this long. */
const HIDDEN_MS = 60_000;
/** A new stream knows whether something happened twice this long before it; slower ones may have missed it. */
const TOLD_MS = 5_000;
/** Reconnecting for longer than this is told as offline. */
const OFFLINE_AFTER = 3;

/** Keeps the one event stream of this tab open and the cache true to it. */
export function useLiveUpdates(): void {
  const client = useQueryClient();
  useEffect(() => {
    const stream = new LiveStream(client);
    stream.open();
    const onVisibility = () => stream.setHidden(document.hidden);
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      document.removeEventListener('visibilitychange', onVisibility);
      stream.close();
    };
  }, [client]);
}

class LiveStream {
  readonly #client: QueryClient;
  readonly #refetches: Refetches;
  #source: EventSource | undefined;
  #openedMs = 0;
  #lastId = '';
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #hiding: ReturnType<typeof setTimeout> | undefined;
  #changes: RunChange[] = [];
  #frame = 0;

  constructor(client: QueryClient) {
    this.#client = client;
    this.#refetches = new Refetches(client);
  }

  open(): void {
    if (this.#source !== undefined) return;
    const resume = this.#lastId === '' ? '' : `?last_event_id=${encodeURIComponent(this.#lastId)}`;
    const source = new EventSource(`/ui/events${resume}`);
    this.#source = source;
    this.#openedMs = performance.now();
    source.onerror = () => this.#onFailure();
    this.#on('hello', () => this.#onHello());
    this.#on('changes', (data) => this.#onChanges(JSON.parse(data) as UiChanges));
    this.#on('invalidate', (data) => this.#onInvalidate(JSON.parse(data) as UiInvalidate));
    this.#on('dags', () => this.#refresh([KEYS.dags, KEYS.dag, KEYS.home, KEYS.importErrors]));
    this.#on('reset', () => void this.#client.invalidateQueries());
  }

  close(): void {
    this.#drop();
    clearTimeout(this.#hiding);
    cancelAnimationFrame(this.#frame);
    this.#refetches.stop();
  }

  setHidden(isHidden: boolean): void {
    clearTimeout(this.#hiding);
    if (isHidden) this.#hiding = setTimeout(() => this.#drop(), HIDDEN_MS);
    else this.open();
  }

  #on(name: UiEventName, handle: (data: string) => void): void {
    this.#source?.addEventListener(name, (event: MessageEvent<string>) => {
      if (event.lastEventId !== '') this.#lastId = event.lastEventId;
      reportConnection('live');
      handle(event.data);
    });
  }

  #onHello(): void {
    // What happened while nobody listened and is not told now is asked for.
    const isLate = performance.now() - this.#openedMs > TOLD_MS;
    if (this.#failures > 0 || isLate) void this.#client.invalidateQueries();
    this.#failures = 0;
  }

  /** One patch of the cache a frame, however many events came. */
  #onChanges({ runs }: UiChanges): void {
    this.#changes.push(...runs);
    if (this.#frame !== 0) return;
    const apply = () => {
      this.#frame = 0;
      applyChanges(this.#client, this.#changes.splice(0), this.#refetches);
    };
    if (document.hidden) apply();
    else this.#frame = requestAnimationFrame(apply);
  }

  #onInvalidate({ dag_ids: dagIds }: UiInvalidate): void {
    if (dagIds === null) {
      this.#refresh([KEYS.grid, KEYS.run, KEYS.dag, KEYS.runs, KEYS.newest]);
    }
    for (const dagId of dagIds ?? []) {
      for (const key of [KEYS.grid, KEYS.run]) this.#refetches.soon([key, dagId]);
    }
    this.#refresh([KEYS.dags, KEYS.home]);
  }

  #refresh(keys: readonly string[]): void {
    for (const key of keys) this.#refetches.soon([key]);
  }

  /** The browser's own retry knows neither signing out nor backing off. */
  #onFailure(): void {
    this.#drop();
    this.#failures += 1;
    reportConnection(this.#failures > OFFLINE_AFTER ? 'offline' : 'reconnecting');
    void this.#client.invalidateQueries({ queryKey: SESSION_KEY });
    const wait = Math.min(RETRY_MS.first * 2 ** (this.#failures - 1), RETRY_MS.most);
    this.#retry = setTimeout(() => this.open(), wait * (0.5 + Math.random() / 2));
  }

  #drop(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
  }
}
