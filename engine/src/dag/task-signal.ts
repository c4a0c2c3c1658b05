/** Recognised across copies of this module; `instanceof` would fail for the copy inside a bundle. */
const signalBrand = Symbol.for('tidegate.task-signal');

/** `throw new SkipTask(why)`: this task is skipped. */
export class SkipTask extends Error {
  constructor(why = 'skipped by the task itself') {
    super(why);
    this.name = 'SkipTask';
    Object.defineProperty(this, signalBrand, { value: 'skip' });
  }
}

/** `throw new FailTask(why)`: this task fails now, whatever retries are left. */
export class FailTask extends Error {
  constructor(why = 'failed by the task itself', options: { readonly cause?: unknown } = {}) {
    super(why, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FailTask';
    Object.defineProperty(this, signalBrand, { value: 'fail' });
  }
}

/** What a thrown value asks for, `undefined` for an ordinary error. */
export function taskSignalOf(thrown: unknown): 'skip' | 'fail' | undefined {
  if (typeof thrown !== 'object' || thrown === null || !(signalBrand in thrown)) return undefined;
  return thrown[signalBrand] === 'skip' ? 'skip' : 'fail';
}
