import { toError } from '@tidegate/engine/platform';

import { StandaloneError, type StandaloneErrorCode } from './errors.ts';

/**
 * Runs a step that stands on a service a variable names. What a person can mend is told with that variable
 * before it; where no variable names the service it is our own, and the error stays as it is.
 */
export async function naming<T>(
  named: { readonly variable: string; readonly url: string | undefined },
  code: StandaloneErrorCode,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step();
  } catch (thrown) {
    if (named.url === undefined || thrown instanceof StandaloneError) throw thrown;
    const error = toError(thrown);
    throw new StandaloneError(code, `${named.variable}: ${explain(error, named.url)}`, {
      cause: error,
    });
  }
}

/** PostgreSQL's word for a right the user lacks. */
const INSUFFICIENT_PRIVILEGE = '42501';

function explain(error: Error, url: string): string {
  if (!('code' in error) || error.code !== INSUFFICIENT_PRIVILEGE) return error.message;
  const { username, pathname } = new URL(url);
  const [user, database] = [decodeURIComponent(username), pathname.slice(1)];
  return (
    `user '${user}' may not make what is needed (${error.message}): as an administrator of the database, ` +
    `grant create on database "${database}" to "${user}"; grant create on schema public to "${user}"`
  );
}
