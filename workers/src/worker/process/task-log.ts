import type { TaskLog } from '@tidegate/engine/dag';
import type { LogLine } from '@tidegate/engine/execution-contract';
import type { Json } from '@tidegate/engine/platform';

import { toFields } from '../log/log-line.ts';
import { isSecretName, type SecretMask } from '../secret-mask.ts';

/** The `log` of a task: masked lines for `onLine`. */
export function createTaskLog(mask: SecretMask, onLine: (line: LogLine) => void): TaskLog {
  const at =
    (level: LogLine['level']) =>
    (fieldsOrMessage: object | string, message?: string): void => {
      onLine(maskLine(mask, toLine(level, fieldsOrMessage, message)));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Masks what may have come from a connection or variable, whole lines at a time. */
export function maskLine(mask: SecretMask, line: LogLine): LogLine {
  const message = mask.mask(line.message);
  if (line.fields === undefined) return { ...line, message };
  return { ...line, message, fields: mask.maskJson(hideByName(line.fields)) as Fields };
}

type Fields = Record<string, Json>;

function toLine(
  level: LogLine['level'],
  fieldsOrMessage: object | string,
  message: string | undefined,
): LogLine {
  const base = { at: new Date().toISOString(), level, source: 'log' as const };
  if (typeof fieldsOrMessage === 'string') {
    const text = message === undefined ? fieldsOrMessage : `${fieldsOrMessage} ${message}`;
    return { ...base, message: text };
  }
  return { ...base, message: message ?? '', fields: toFields(fieldsOrMessage) };
}

/** A field called `password` is a secret even if nobody registered its value. */
function hideByName(fields: Readonly<Fields>): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' && isSecretName(name) ? '***' : value,
    ]),
  );
}
