import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  findTask,
  invokeTask,
  type TaskContext,
  type TaskDefinition,
  type TaskOutcome,
} from '@tidegate/engine/dag';
import type { Grant } from '@tidegate/engine/execution-contract';
import { toError } from '@tidegate/engine/platform';

import { loadBundle, type BundleModule } from '../../bundle/load-bundle.ts';
import { fetchedBundlePath } from './bundle-path.ts';

/** Calls tasks of bundles that lie in `bundleFolder`; each bundle is evaluated once a process. */
export function createTaskInvoker(
  bundleFolder: string,
): (grant: Grant, context: TaskContext) => Promise<TaskOutcome> {
  const modules = new Map<string, Promise<BundleModule>>();
  const linkedFolder = join(bundleFolder, 'linked');
  const load = (hash: string): Promise<BundleModule> => {
    let module = modules.get(hash);
    if (module === undefined) {
      module = loadBundle(
        hash,
        (name) => readFile(fetchedBundlePath(bundleFolder, name)),
        linkedFolder,
      );
      modules.set(hash, module);
      // A failed load is tried again by the next task.
      module.catch(() => modules.delete(hash));
    }
    return module;
  };
  return async (grant, context) => {
    let task: TaskDefinition;
    try {
      const module = await load(grant.bundle.hash);
      task = findTask(module, grant.bundle.exportName, grant.taskId);
    } catch (thrown) {
      return failedToLoad(thrown);
    }
    // Of a sensor: since the first look of this try, which may have been in another process.
    return invokeTask(task, context, { elapsedMs: grant.elapsedMs ?? 0 });
  };
}

/** Retriable: the code evaluated when it was registered, so something around it is amiss. */
function failedToLoad(thrown: unknown): TaskOutcome {
  const err = toError(thrown);
  const code = 'code' in err && typeof err.code === 'string' ? { code: err.code } : {};
  const { name, message } = err;
  const stack = err.stack === undefined ? {} : { stack: err.stack };
  return { kind: 'failed', retriable: true, error: { name, message, ...stack, ...code } };
}
