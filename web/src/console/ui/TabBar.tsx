import styles from './TabBar.module.css';

interface Props<Value extends string> {
  readonly label: string;
  readonly tabs: readonly {
    readonly value: Value;
    readonly name: string;
    readonly note?: string;
  }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** Views of one thing. Each is an address of its own, so these are buttons that say which one is on. */
export function TabBar<Value extends string>({ label, tabs, value, onChange }: Props<Value>) {
  return (
    <div className={styles.tabs} role="group" aria-label={label}>
      {tabs.map((tab) => (
        <button
          key={tab.value}
          type="button"
          aria-pressed={tab.value === value}
          onClick={() => onChange(tab.value)}
        >
          {tab.name}
          {tab.note !== undefined && <span>{tab.note}</span>}
        </button>
      ))}
    </div>
  );
}
