import { TidegateError, type TidegateErrorOptions } from '@tidegate/engine/platform';

/**
 * - `SIGN_IN_FAILED`: user name or password is wrong, or the user was deactivated.
 * - `NOT_SIGNED_IN`: no token, or one that expired. Get one from `POST /auth/token`.
 * - `NOT_ALLOWED`: the role may not do this; the message names the role needed.
 * - `DEFAULT_PASSWORD_REFUSED`: `admin` still has its first password while the server can be reached from
 *   elsewhere. Set `TIDEGATE_ADMIN_PASSWORD`.
 * - `HOST_NOT_ALLOWED`: the request names a host this server does not answer for (DNS rebinding).
 * - `ORIGIN_NOT_ALLOWED`: a page of another site tried to change something.
 * - `TOO_MANY_TRIES`: sign-in failed too often from one address; the message says how long to wait.
 * - `TOO_MANY_STREAMS`: more event streams than one server keeps. Close some tabs.
 * - `NOT_FOUND`: no such thing; the message names it.
 */
export type WebErrorCode =
  | 'SIGN_IN_FAILED'
  | 'NOT_SIGNED_IN'
  | 'NOT_ALLOWED'
  | 'DEFAULT_PASSWORD_REFUSED'
  | 'HOST_NOT_ALLOWED'
  | 'ORIGIN_NOT_ALLOWED'
  | 'TOO_MANY_TRIES'
  | 'TOO_MANY_STREAMS'
  | 'NOT_FOUND';

export class WebError extends TidegateError {
  constructor(code: WebErrorCode, message: string, options: TidegateErrorOptions = {}) {
    super(code, message, options);
    this.name = 'WebError';
  }
}
