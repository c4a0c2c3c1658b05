import type { UiTaskInstance, UiTry } from '../../../contract/ui-run.ts';
import styles from './Logs.module.css';
import type { CompareWith } from './use-compared-try.ts';

interface Props {
  readonly task: UiTaskInstance;
  readonly tried: UiTry;
  readonly value: CompareWith | undefined;
  readonly onChange: (next: CompareWith | undefined) => void;
}

/** What the shown try is compared with; nothing, at first. */
export function CompareSelect({ task, tried, value, onChange }: Props) {
  const others = task.tries.filter(({ try_number: number }) => number !== tried.try_number);
  return (
    <label className={styles.task}>
      <span className="srOnly">Compare with</span>
      <select value={value ?? ''} onChange={(event) => onChange(toCompareWith(event.target.value))}>
        <option value="">{value === undefined ? 'Compare with …' : 'No comparison'}</option>
        {others.slice(-20).map(({ try_number: number, state }) => (
          <option key={number} value={`try-${number}`}>
            with try {number} ({state})
          </option>
        ))}
        <option value="success">with the last success before</option>
      </select>
    </label>
  );
}

/** From an address: what is not known is no comparison. */
export function toCompareWith(text: string | undefined): CompareWith | undefined {
  if (text === 'success') return text;
  return text !== undefined && /^try-\d+$/.test(text) ? (text as CompareWith) : undefined;
}

/** The most telling comparison: with the try before, else with the last success. */
export function usualComparison(task: UiTaskInstance, tried: UiTry): CompareWith {
  const before = task.tries.findLast(({ try_number: number }) => number < tried.try_number);
  return before === undefined ? 'success' : `try-${before.try_number}`;
}
