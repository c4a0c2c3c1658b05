import { STORE_ERRORS } from './errors.ts';

const DEADLOCK = '40P01';
const SERIALIZATION = '40001';
const UNIQUE = '23505';
const EXCLUSION = '23P01';

/** SQLSTATE of what the driver threw, or the socket's code. */
export function errorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Another transaction won; the same work may succeed at once. */
export function isConflict(thrown: unknown): boolean {
  const code = errorCode(thrown);
  return code === DEADLOCK || code === SERIALIZATION;
}

export function isUniqueViolation(thrown: unknown): boolean {
  return errorCode(thrown) === UNIQUE;
}

export function isExclusionViolation(thrown: unknown): boolean {
  return errorCode(thrown) === EXCLUSION;
}

const SOCKET = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN|ENOENT)/;
// 08: connection; 57P: the server stops or starts; 53300: too many connections; 25P03: idle too long.
const SERVER_AWAY = /^(08|57P|53300|25P03)/;
const DRIVER =
  /Connection terminated|not queryable|timeout exceeded when trying to connect|timeout expired|Query read timeout/;

/** True when the connection, not the statement, failed. */
export function isConnectionLoss(thrown: unknown): boolean {
  const code = errorCode(thrown);
  if (code === STORE_ERRORS.unavailable) return true;
  if (code !== undefined) return SOCKET.test(code) || SERVER_AWAY.test(code);
  return thrown instanceof Error && DRIVER.test(thrown.message);
}

/** 1-20 ms, so that two transactions that met once do not meet again. */
export function randomPause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 19));
}
