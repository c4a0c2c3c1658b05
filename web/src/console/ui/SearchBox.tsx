import { useEffect, useRef, useState } from 'react';

import { useShortcuts } from '../keyboard/shortcuts.ts';
import { Kbd } from './Kbd.tsx';
import styles from './SearchBox.module.css';

const SETTLED_MS = 180;

interface Props {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A filter that answers while you type; `/` goes there, `Esc` clears it. */
export function SearchBox({ label, placeholder, value, onChange }: Props) {
  const [typed, setTyped] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const told = useRef(value);
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => {
    // Somebody else changed it: a link, the back button, "clear filter".
    if (value !== told.current) setTyped(value);
    told.current = value;
  }, [value]);
  useEffect(() => {
    if (typed === told.current) return;
    const timer = setTimeout(() => {
      told.current = typed;
      latest.current(typed);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  useShortcuts('List', [{ keys: '/', label: 'Filter', run: () => input.current?.focus() }]);
  return (
    <div className={styles.box} role="search">
      <Kbd keys="/" />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={typed}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          if (typed === '') input.current?.blur();
          setTyped('');
        }}
      />
    </div>
  );
}
