import { Kbd } from '../ui/Kbd.tsx';
import { Modal } from '../ui/Modal.tsx';
import { hideKeyboardHelp } from './help-state.ts';
import styles from './KeyboardHelp.module.css';
import { useShortcutGroups, useSingleKeys } from './shortcuts.ts';

/** Every key that works at this moment, and the switch for single keys. */
export function KeyboardHelp() {
  const groups = useShortcutGroups();
  const [isOn, setOn] = useSingleKeys();
  return (
    <Modal title="Keyboard" onClose={hideKeyboardHelp} width={640}>
      <div className={styles.groups}>
        {groups
          .filter(({ shortcuts }) => shortcuts.length > 0)
          .map(({ where, shortcuts }) => (
            <section key={where}>
              <h3 className={styles.where}>{where}</h3>
              <dl className={styles.keys}>
                {shortcuts.map(({ keys, label }) => (
                  <div key={keys}>
                    <dt>{label}</dt>
                    <dd>
                      <span className="srOnly">{keys}</span>
                      <Kbd keys={keys} />
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
      </div>
      <label className={styles.switch}>
        <input type="checkbox" checked={isOn} onChange={(event) => setOn(event.target.checked)} />
        Single keys work (those with {navigator.userAgent.includes('Mac') ? '⌘' : 'Ctrl'} always do)
      </label>
    </Modal>
  );
}
