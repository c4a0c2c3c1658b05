import { describe } from './duration.ts';
import { dagError } from './errors.ts';

const ID = /^[A-Za-z0-9_.-]{1,250}$/;
/** Only dots would be a path in URLs; the others are not safe as keys of JavaScript objects. */
const RESERVED = /^(?:\.+|__proto__|constructor|prototype)$/;

/** Refuses what cannot stand in URLs, tables and file names. `what` is the kind of thing: `task`, `DAG`. */
export function checkId(id: unknown, what: string): asserts id is string {
  if (typeof id === 'string' && ID.test(id) && !RESERVED.test(id)) return;
  throw dagError(
    'BAD_ID',
    `${what} id ${describe(id)} is not usable; take 1 to 250 letters, digits, '_', '.' or '-'` +
      ` (not only dots, not __proto__, constructor or prototype)`,
  );
}
