import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

import type { TaskKey } from '../execution/contract.ts';

/**
 * Bearers of task processes: an HMAC over one try. Good while that try holds its task instance, which the
 * row, not the token, says.
 */
export class TaskTokens {
  private readonly key: KeyObject;

  constructor(key: string) {
    this.key = createSecretKey(key, 'utf8');
  }

  issue(task: TaskKey): string {
    const name = `${task.runKey}.${task.ix}.${task.tryNumber}.${task.token}`;
    return `${name}.${this.sign(name)}`;
  }

  /** The try a token was issued for, or null when it is not one of ours. */
  read(bearer: string): TaskKey | null {
    const end = bearer.lastIndexOf('.');
    const name = bearer.slice(0, end);
    const given = Buffer.from(bearer.slice(end + 1));
    const own = Buffer.from(this.sign(name));
    if (given.length !== own.length || !timingSafeEqual(given, own)) return null;
    const [runKey, ix, tryNumber, token] = name.split('.').map(Number);
    if (runKey === undefined || ix === undefined) return null;
    if (tryNumber === undefined || token === undefined) return null;
    return { runKey, ix, tryNumber, token };
  }

  private sign(name: string): string {
    return createHmac('sha256', this.key).update(name).digest('base64url');
  }
}
