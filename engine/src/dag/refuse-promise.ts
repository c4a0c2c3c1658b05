import { dagError } from './errors.ts';

/** After an `await` a builder would add tasks to a DAG that is already made. */
export function refusePromise(built: unknown, owner: string): void {
  if (typeof built !== 'object' || built === null || !('then' in built)) return;
  if (typeof built.then !== 'function') return;
  throw dagError(
    'BUILD_NOT_SYNCHRONOUS',
    `the build function of '${owner}' returned a promise; make tasks synchronously and await inside of tasks`,
  );
}
