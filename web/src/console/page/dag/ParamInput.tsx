import { useId } from 'react';

import { Field } from '../../ui/Field.tsx';
import field from '../../ui/Field.module.css';
import type { ParamField } from './param-fields.ts';

interface Props {
  readonly param: ParamField;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

const TYPES: Partial<Record<ParamField['kind'], string>> = {
  number: 'number',
  integer: 'number',
  date: 'date',
};

/** The input a param's type asks for. */
export function ParamInput({ param, value, error, onChange }: Props) {
  const { kind, title, description, isRequired, minimum, maximum } = param;
  const label = isRequired ? `${title} (needed)` : title;
  const hint = description ?? undefined;
  if (kind === 'boolean')
    return <Choice {...{ label, hint, value, error, onChange }} choices={['true', 'false']} />;
  if (kind === 'choice')
    return <Choice {...{ label, hint, value, error, onChange }} choices={param.choices} />;
  if (kind === 'lines' || kind === 'json') {
    return (
      <Text
        {...{ label, value, error, onChange }}
        hint={hint ?? (kind === 'json' ? 'JSON' : 'one a line')}
      />
    );
  }
  return (
    <Field
      label={label}
      type={TYPES[kind] ?? 'text'}
      value={value}
      onChange={onChange}
      error={error}
      min={minimum}
      max={maximum}
      step={kind === 'number' ? 'any' : undefined}
      placeholder={kind === 'datetime' ? '2026-11-21T10:00:00Z' : undefined}
      {...(hint === undefined ? {} : { hint })}
    />
  );
}

interface CustomProps {
  readonly label: string;
  readonly hint: string | undefined;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

function Choice({
  label,
  hint,
  value,
  error,
  onChange,
  choices,
}: CustomProps & { readonly choices: readonly string[] }) {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} error={error}>
      <select
        id={id}
        className={field.input}
        value={value}
        aria-invalid={error !== undefined}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">not given</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice.replace(/^"(.*)"$/, '$1')}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

function Text({ label, hint, value, error, onChange }: CustomProps) {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} error={error}>
      <textarea
        id={id}
        className={field.input}
        rows={3}
        value={value}
        spellCheck={false}
        aria-invalid={error !== undefined}
        onChange={(event) => onChange(event.target.value)}
      />
    </Labelled>
  );
}

interface LabelledProps {
  readonly id: string;
  readonly label: string;
  readonly hint: string | undefined;
  readonly error: string | undefined;
  readonly children: React.ReactNode;
}

export function Labelled({ id, label, hint, error, children }: LabelledProps) {
  return (
    <div className={field.field}>
      <label className={field.label} htmlFor={id}>
        {label}
      </label>
      {children}
      {hint !== undefined && <p className={field.hint}>{hint}</p>}
      {error !== undefined && (
        <p className={field.error} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
