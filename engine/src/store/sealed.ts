import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

import { TidegateError } from '../platform/errors.ts';
import { STORE_ERRORS } from './errors.ts';

const PREFIX = 'v1:';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts what the database must not show (AES-256-GCM). The first key seals, all of them open. */
export class Seal {
  private readonly keys: readonly Buffer[];

  constructor(secretKeys: readonly string[]) {
    this.keys = secretKeys.map((key) =>
      Buffer.from(hkdfSync('sha256', key, 'tidegate', 'sealed values', 32)),
    );
  }

  seal(text: string): string {
    const [key] = this.keys;
    if (key === undefined) throw unreadable('there is no key to seal it with');
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return PREFIX + Buffer.concat([nonce, cipher.getAuthTag(), data]).toString('base64');
  }

  open(sealed: string): string {
    const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64');
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    const data = bytes.subarray(NONCE_BYTES + TAG_BYTES);
    for (const key of this.keys) {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce);
      decipher.setAuthTag(tag);
      try {
        return Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8');
      } catch {
        // Sealed with another key: the next may open it.
      }
    }
    throw unreadable('no key of TIDEGATE_SECRET_KEYS opens it');
  }
}

function unreadable(why: string): TidegateError {
  return new TidegateError(
    STORE_ERRORS.sealBroken,
    `a stored secret cannot be read: ${why}; put the key it was sealed with back, or store it anew`,
  );
}
