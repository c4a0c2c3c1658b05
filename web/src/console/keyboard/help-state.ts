import { useSyncExternalStore } from 'react';

let isShown = false;
const listeners = new Set<() => void>();

function set(next: boolean): void {
  isShown = next;
  for (const listener of listeners) listener();
}

export function showKeyboardHelp(): void {
  set(true);
}

export function hideKeyboardHelp(): void {
  set(false);
}

export function useIsKeyboardHelpShown(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isShown,
  );
}
