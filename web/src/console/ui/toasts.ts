import { createStore, useStore } from '../create-store.ts';

/** One line about what was done, never about what went wrong: errors stand where they happened. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly state?: string;
  readonly link?: { readonly label: string; readonly to: string };
}

const STAYS_MS = 6_000;
const toasts = createStore<readonly Toast[]>([]);
let nextId = 1;

export function showToast(toast: Omit<Toast, 'id'>): void {
  const shown = { ...toast, id: nextId++ };
  toasts.set([...toasts.get(), shown].slice(-3));
  setTimeout(() => dismissToast(shown.id), STAYS_MS);
}

export function dismissToast(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

export function useToasts(): readonly Toast[] {
  return useStore(toasts);
}
