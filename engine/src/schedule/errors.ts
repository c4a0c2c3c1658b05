import { TidegateError } from '../platform/errors.ts';

/**
 * CRON_INVALID: a cron expression cannot be read. Usual cause: a typing slip, or a dialect other than
 * Airflow's (seconds are the sixth field, not the first). The message names the field; correct it.
 */
export function cronInvalid(expression: string, why: string): TidegateError {
  return new TidegateError('CRON_INVALID', `cron expression '${expression}': ${why}`, {
    details: { expression },
  });
}

/**
 * CRON_NEVER_FIRES: every field is fine, but no date matches all of them (`0 0 31 2 *`). Usual cause: a day
 * the month does not have, or years that are over. Change the day, month or year.
 */
export function cronNeverFires(expression: string): TidegateError {
  return new TidegateError(
    'CRON_NEVER_FIRES',
    `cron expression '${expression}' never fires: no date matches its day, month and year; change one of them`,
    { details: { expression } },
  );
}

/**
 * TIMEZONE_UNKNOWN: a schedule names a zone that is not in the IANA database. Usual cause: an abbreviation
 * (`EST5`, `KST`) or a typing slip. Use a name such as `Asia/Seoul`.
 */
export function timezoneUnknown(timezone: string): TidegateError {
  return new TidegateError(
    'TIMEZONE_UNKNOWN',
    `time zone '${timezone}' is unknown; use an IANA name such as 'Asia/Seoul' or 'UTC'`,
    { details: { timezone } },
  );
}
