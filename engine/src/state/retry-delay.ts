/** How long a failed try waits, as a task declares it. */
export interface RetryPolicy {
  readonly retryDelayMs: number;
  readonly retryBackoff: 'constant' | 'exponential';
  readonly maxRetryDelayMs: number | null;
}

const DAY_MS = 86_400_000;

/**
 * The wait before the next try. Exponential: `delay * 2^(try - 1)`, moved within [base, 2 * base) by a hash
 * of `identity` and the try, so that many tasks failing at once spread out while one task's waits can be
 * foretold. Never above the task's cap, nor a day.
 */
export function retryDelayMs(policy: RetryPolicy, tryNumber: number, identity: string): number {
  const cap = Math.min(policy.maxRetryDelayMs ?? DAY_MS, DAY_MS);
  if (policy.retryBackoff === 'constant') return Math.min(policy.retryDelayMs, cap);
  // 2^40 ms is 34 years: above the cap already, and still an exact number.
  const base = policy.retryDelayMs * 2 ** Math.min(Math.max(tryNumber, 1) - 1, 40);
  const jitter = fraction(`${identity}#${tryNumber}`);
  return Math.min(Math.floor(base * (1 + jitter)), cap);
}

/** FNV-1a with a final mix, as a fraction in [0, 1). */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 2 ** 32;
}
