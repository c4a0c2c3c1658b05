import { useSingleKeys } from '../keyboard/shortcuts.ts';
import styles from './Kbd.module.css';

const IS_MAC = /mac|iphone|ipad/i.test(navigator.userAgent);
const SIGNS: Readonly<Record<string, string>> = {
  mod: IS_MAC ? '⌘' : 'Ctrl',
  shift: '⇧',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
};

/** Keys of a shortcut (`mod+k`, `g d`), hidden on touch screens and where single keys are off. */
export function Kbd({ keys }: { readonly keys: string }) {
  const [isOn] = useSingleKeys();
  if (!isOn && !keys.includes('mod+')) return null;
  return (
    <span className={styles.keys} aria-hidden="true">
      {keys.split(' ').map((chord) => (
        <kbd key={chord} className={styles.key}>
          {chord
            .split('+')
            .map(toSign)
            .join(IS_MAC ? '' : ' ')}
        </kbd>
      ))}
    </span>
  );
}

function toSign(key: string): string {
  return SIGNS[key] ?? key;
}
