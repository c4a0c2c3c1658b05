import { useState } from 'react';

import { triggerPath } from '../../api/writes.ts';
import { toCommand, toCurl } from '../../format/shell.ts';
import { Command } from '../../ui/Command.tsx';
import { Segments } from '../../ui/Segments.tsx';
import styles from './TriggerForm.module.css';

interface Props {
  readonly dagId: string;
  readonly conf: Readonly<Record<string, unknown>>;
  readonly note: string;
}

/** The same run from a terminal: by our command line, or by the API with curl. */
export function TriggerCommands({ dagId, conf, note }: Props) {
  const [way, setWay] = useState<'cli' | 'curl'>('cli');
  const words = [
    ...(Object.keys(conf).length === 0 ? [] : ['--conf', JSON.stringify(conf)]),
    ...(note === '' ? [] : ['--note', note]),
  ];
  const body = { conf, ...(note === '' ? {} : { note }) };
  return (
    <details className={styles.terminal}>
      <summary>Do it from a terminal</summary>
      <div className={styles.ways}>
        <Segments
          label="Copy as"
          value={way}
          onChange={setWay}
          segments={[
            { value: 'cli', content: 'CLI' },
            { value: 'curl', content: 'curl' },
          ]}
        />
        <Command>
          {way === 'cli'
            ? toCommand('dags', 'trigger', dagId, ...words)
            : toCurl(`${location.origin}${triggerPath(dagId)}`, body)}
        </Command>
      </div>
    </details>
  );
}
