import type { UiDagPage } from '../../../contract/ui-dags.ts';
import { formatMoment } from '../../format/time.ts';
import { useNow } from '../../format/use-now.ts';
import { useZone } from '../../format/zone.ts';
import styles from './TriggerForm.module.css';

const LONGEST = 60;

interface Props {
  readonly recent: UiDagPage['recent_inputs'];
  readonly onTake: (conf: Readonly<Record<string, unknown>>) => void;
}

/** What the last runs were given, to start from: each set of inputs once. */
export function RecentInputs({ recent, onTake }: Props) {
  const zone = useZone();
  const nowMs = useNow();
  if (recent.length === 0) return null;
  return (
    <label className={styles.recent}>
      <span className="srOnly">Start from the inputs of a run before</span>
      <select value="" onChange={(event) => onTake(recent[Number(event.target.value)]?.conf ?? {})}>
        <option value="" disabled>
          Inputs used before
        </option>
        {recent.map(({ dag_run_id: id, conf, at, triggered_by: who }, index) => (
          <option key={id} value={index}>
            {cut(JSON.stringify(conf))} · {formatMoment(Date.parse(at), nowMs, zone)}
            {who === null ? '' : `, ${who}`}
          </option>
        ))}
      </select>
    </label>
  );
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
