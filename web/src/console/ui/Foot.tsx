import { useShortcutGroups, useSingleKeys } from '../keyboard/shortcuts.ts';
import styles from './Foot.module.css';
import { Kbd } from './Kbd.tsx';

/** The few keys worth knowing on this page; all others are under `?`. */
export function Foot({ keys }: { readonly keys: readonly string[] }) {
  const [isOn] = useSingleKeys();
  const shortcuts = useShortcutGroups().flatMap((group) => group.shortcuts);
  if (!isOn) return null;
  return (
    <footer className={styles.foot}>
      {keys.map((key) => {
        const label = shortcuts.find((shortcut) => shortcut.keys === key)?.label;
        if (label === undefined) return null;
        return (
          <span key={key}>
            <Kbd keys={key} /> {label.toLowerCase()}
          </span>
        );
      })}
    </footer>
  );
}
