import { TidegateError, type TidegateErrorOptions } from '@tidegate/engine/platform';

/**
 * - `SERVICE_NOT_STARTED`: a server program ended or did not answer in time. Usual causes: a full disk, a
 *   port taken between choosing and binding, a data folder of another major version. Read the log it names.
 * - `SERVICE_NOT_FOUND`: no program of that kind is installed. The message names the package.
 */
export type ServiceErrorCode = 'SERVICE_NOT_STARTED' | 'SERVICE_NOT_FOUND';

export class ServiceError extends TidegateError {
  constructor(code: ServiceErrorCode, message: string, options: TidegateErrorOptions = {}) {
    super(code, message, options);
    this.name = 'ServiceError';
  }
}
