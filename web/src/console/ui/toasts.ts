import { useSyncExternalStore } from 'react';

/** One line about what was done, never about what went wrong: errors stand where they happened. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly state?: string;
  readonly link?: { readonly label: string; readonly to: string };
}

const STAYS_MS = 6_000;
let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

export function showToast(toast: Omit<Toast, 'id'>): void {
  const shown = { ...toast, id: nextId++ };
  set([...toasts, shown].slice(-3));
  setTimeout(() => dismissToast(shown.id), STAYS_MS);
}

export function dismissToast(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}
