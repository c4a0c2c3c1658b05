import { TidegateError, type TidegateErrorOptions } from '@tidegate/engine/platform';

/**
 * - `CONFIG_INVALID`: variables of the environment are wrong; the message lists every fault with its variable.
 * - `HOME_IN_USE`: another Tidegate runs in this home. Use that one, stop it, or give this one its own
 *   `TIDEGATE_HOME`.
 * - `PORT_IN_USE`: something else listens on a port we were told to use. Stop it or choose another.
 * - `SOURCE_UNUSABLE`: the source database cannot be captured as it is set up; the message lists what to change.
 * - `TARGET_UNUSABLE`: a target database cannot be reached or lacks something; the message says what.
 * - `SERVICE_UNUSABLE`: Kafka or Redis, named by a variable, does not answer or refuses us.
 */
export type StandaloneErrorCode =
  | 'CONFIG_INVALID'
  | 'HOME_IN_USE'
  | 'PORT_IN_USE'
  | 'SOURCE_UNUSABLE'
  | 'TARGET_UNUSABLE'
  | 'SERVICE_UNUSABLE';

export class StandaloneError extends TidegateError {
  constructor(code: StandaloneErrorCode, message: string, options: TidegateErrorOptions = {}) {
    super(code, message, options);
    this.name = 'StandaloneError';
  }
}

/** The refusal of a port that `variable` sets. */
export function portInUse(host: string, port: number, variable: string): StandaloneError {
  return new StandaloneError(
    'PORT_IN_USE',
    `port ${port} of ${host} is in use: stop what listens there, or set ${variable} to another`,
  );
}
