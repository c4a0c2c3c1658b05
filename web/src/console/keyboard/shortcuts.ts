import { useEffect, useRef } from 'react';

import { createStore, useStore } from '../create-store.ts';

/** One key of the map that `?` shows. */
export interface Shortcut {
  /** `mod+k`, `?`, `shift+r`, or a sequence: `g d`. */
  readonly keys: string;
  readonly label: string;
  readonly run: () => void;
}

export interface ShortcutGroup {
  readonly where: string;
  readonly shortcuts: readonly Shortcut[];
}

const SEQUENCE_MS = 1_200;
const OFF_KEY = 'tidegate.keys';

const registered = new Map<symbol, ShortcutGroup>();
const groups = createStore<readonly ShortcutGroup[]>([]);
const areSingleKeysOn = createStore(localStorage.getItem(OFF_KEY) !== 'off');
let pending = '';
let pendingUntilMs = 0;

/** Registers keys while the component shows; what comes later wins. */
export function useShortcuts(where: string, shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  const shape = shortcuts.map(({ keys, label }) => `${keys}\t${label}`).join('\n');
  useEffect(() => {
    const id = Symbol(where);
    const stable = latest.current.map(({ keys, label }) => ({
      keys,
      label,
      run: () => latest.current.find((shortcut) => shortcut.keys === keys)?.run(),
    }));
    registered.set(id, { where, shortcuts: stable });
    announce();
    return () => {
      registered.delete(id);
      announce();
    };
  }, [where, shape]);
}

export function useShortcutGroups(): readonly ShortcutGroup[] {
  return useStore(groups);
}

/** Single keys can be switched off (WCAG 2.1.4); those with mod stay. */
export function useSingleKeys(): [boolean, (isOn: boolean) => void] {
  return [useStore(areSingleKeysOn), setSingleKeys];
}

function setSingleKeys(isOn: boolean): void {
  localStorage.setItem(OFF_KEY, isOn ? 'on' : 'off');
  areSingleKeysOn.set(isOn);
}

/** The one listener of the page. */
export function listenToKeys(): () => void {
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const key = toKey(event);
  if (!isHeard(key, event)) return;
  const isContinued = pending !== '' && event.timeStamp < pendingUntilMs;
  const sequence = isContinued ? `${pending} ${key}` : key;
  const found = find(sequence) ?? find(key);
  pending = found === undefined && isPrefix(key) ? key : '';
  pendingUntilMs = event.timeStamp + SEQUENCE_MS;
  if (found === undefined) return;
  event.preventDefault();
  found.run();
}

/** Single keys are off while somebody types or a dialog is open, and for those who switched them off. */
function isHeard(key: string, event: KeyboardEvent): boolean {
  return key.startsWith('mod+') || (areSingleKeysOn.get() && !isTyping(event) && !isDialogOpen());
}

function toKey(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.metaKey || event.ctrlKey) return `mod+${key}`;
  const isLetter = /^[a-z]$/.test(key);
  return event.shiftKey && (isLetter || event.key.length > 1) ? `shift+${key}` : key;
}

function find(keys: string): Shortcut | undefined {
  return groups
    .get()
    .toReversed()
    .flatMap(({ shortcuts }) => shortcuts)
    .find((shortcut) => shortcut.keys === keys);
}

function isPrefix(key: string): boolean {
  return groups
    .get()
    .some(({ shortcuts }) => shortcuts.some(({ keys }) => keys.startsWith(`${key} `)));
}

function isTyping({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function isDialogOpen(): boolean {
  return document.querySelector('[role="dialog"],[role="alertdialog"],[role="menu"]') !== null;
}

function announce(): void {
  groups.set([...registered.values()]);
}
