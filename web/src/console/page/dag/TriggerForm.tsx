import { useState } from 'react';

import type { UiDagPage } from '../../../contract/ui-dags.ts';
import { isApiError } from '../../api/api-error.ts';
import { useTrigger } from '../../api/writes.ts';
import { formatOf } from '../../format/number.ts';
import { Button } from '../../ui/Button.tsx';
import { Segments } from '../../ui/Segments.tsx';
import { Field } from '../../ui/Field.tsx';
import { Labelled, ParamInput } from './ParamInput.tsx';
import { RecentInputs } from './RecentInputs.tsx';
import { TriggerCommands } from './TriggerCommands.tsx';
import { parseJson, readFields, toFields, toInput } from './param-fields.ts';
import field from '../../ui/Field.module.css';
import styles from './TriggerForm.module.css';

interface Props {
  readonly page: UiDagPage;
  readonly onCancel: () => void;
  readonly onTriggered: (runId: string) => void;
}

/** Inputs from the params' schema, or JSON; the server's answer is the truth. */
export function TriggerForm({ page, onCancel, onTriggered }: Props) {
  const { dag, params_schema: schema, recent_inputs: recent } = page;
  const fields = toFields(schema);
  const [mode, setMode] = useState<'form' | 'json'>('form');
  const [inputs, setInputs] = useState(() =>
    Object.fromEntries(fields.map(({ name, initial }) => [name, initial])),
  );
  const [json, setJson] = useState('{}');
  const [note, setNote] = useState('');
  const [isAsked, setAsked] = useState(false);
  const trigger = useTrigger(dag.dag_id);
  const read = mode === 'form' ? readFields(fields, inputs) : readJson(json);
  const refused = isApiError(trigger.error) ? trigger.error.fields : new Map<string, string>();
  const errorOf = (name: string) =>
    (isAsked ? read.errors.get(name) : undefined) ?? refused.get(`conf.${name}`);
  const take = (conf: Readonly<Record<string, unknown>>) => {
    setInputs(
      Object.fromEntries(fields.map(({ name, kind }) => [name, toInput(conf[name], kind)])),
    );
    setJson(JSON.stringify(conf, null, 2));
  };
  const submit = (event: { preventDefault: () => void }) => {
    event.preventDefault();
    setAsked(true);
    if (read.errors.size > 0) return;
    trigger.mutate(
      { conf: read.conf, ...(note === '' ? {} : { note }) },
      { onSuccess: ({ dag_run_id: runId }) => onTriggered(runId) },
    );
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <p className={styles.lead}>{leadOf(page)}</p>
      {fields.length > 0 && (
        <div className={styles.modes}>
          <Segments
            label="Params as"
            value={mode}
            onChange={(next) => {
              if (next === 'json')
                setJson(JSON.stringify(readFields(fields, inputs).conf, null, 2));
              setMode(next);
            }}
            segments={[
              { value: 'form', content: 'Form' },
              { value: 'json', content: 'JSON' },
            ]}
          />
          <RecentInputs recent={recent} onTake={take} />
        </div>
      )}
      {mode === 'form' ? (
        fields.map((param) => (
          <ParamInput
            key={param.name}
            param={param}
            value={inputs[param.name] ?? ''}
            error={errorOf(param.name)}
            onChange={(value) => setInputs((old) => ({ ...old, [param.name]: value }))}
          />
        ))
      ) : (
        <Labelled id="params-json" label="Params" hint={undefined} error={read.errors.get('json')}>
          <textarea
            id="params-json"
            className={field.input}
            rows={8}
            value={json}
            spellCheck={false}
            onChange={(event) => setJson(event.target.value)}
          />
        </Labelled>
      )}
      <Field
        label="Note"
        value={note}
        onChange={setNote}
        hint="Shown on the run; may be left empty"
      />
      <TriggerCommands dagId={dag.dag_id} conf={read.conf} note={note} />
      {trigger.error !== null && (
        <p className={styles.error} role="alert">
          {trigger.error.message}
        </p>
      )}
      <div className={styles.actions}>
        <Button look="ghost" onClick={onCancel}>
          Cancel
        </Button>
        <Button look="primary" type="submit" disabled={trigger.isPending}>
          Trigger {dag.dag_id.length > 32 ? 'run' : dag.dag_id}
        </Button>
      </div>
    </form>
  );
}

function leadOf({ dag, topic, tasks }: UiDagPage): string {
  const work =
    topic === null
      ? `Runs ${formatOf(tasks.length, 'task')} once`
      : `Takes the next records of ${topic} through ${formatOf(tasks.length, 'task')}`;
  return dag.is_paused ? `${work}. The DAG is paused: the run waits until it is not.` : `${work}.`;
}

function readJson(text: string): ReturnType<typeof readFields> {
  const value = parseJson(text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject
    ? { conf: value as Record<string, unknown>, errors: new Map() }
    : { conf: {}, errors: new Map([['json', 'a JSON object is meant, {"day": "2026-11-21"}']]) };
}
