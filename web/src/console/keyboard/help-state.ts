import { createStore, useStore } from '../create-store.ts';

const isShown = createStore(false);

export function showKeyboardHelp(): void {
  isShown.set(true);
}

export function hideKeyboardHelp(): void {
  isShown.set(false);
}

export function useIsKeyboardHelpShown(): boolean {
  return useStore(isShown);
}
