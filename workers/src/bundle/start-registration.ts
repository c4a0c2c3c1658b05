import { toError, type Logger } from '@tidegate/engine/platform';

import { DEFAULT_LIMITS, type EvaluateLimits } from './evaluate-file.ts';
import { FolderRegistrar } from './folder-registrar.ts';
import { KnownFiles } from './known-files.ts';
import { RegistrationClient } from './registration-client.ts';

export interface RegistrationOptions {
  /** Where DAG files lie; every one is watched. */
  readonly folders: readonly string[];
  /** Of the execution API: `http://127.0.0.1:8081`. */
  readonly executionUrl: string;
  readonly workerToken: string;
  readonly log: Logger;
  /** Remembers over restarts which files were registered. (Default: nowhere) */
  readonly stateFile?: string;
  /** Caps of loading one file. */
  readonly limits?: Partial<EvaluateLimits>;
  /** How often to look for changes that no watcher told of. (Default: 2 s) */
  readonly rescanMs?: number;
  /** How often to ask whether the metadata database failed over, and lost what was registered. (Default: 10 s) */
  readonly compareMs?: number;
}

export interface Registration {
  /** Resolves once every DAG file found at the start is registered, or its error is. */
  readonly ready: Promise<void>;
  /** Kills what is being loaded and ends. */
  stop(): Promise<void>;
}

/** Loads the DAG files of the folders, registers them with the engine, and again whenever they change. */
export function startRegistration(options: RegistrationOptions): Registration {
  const stopping = new AbortController();
  const { executionUrl, workerToken, log } = options;
  const client = new RegistrationClient({
    executionUrl,
    workerToken,
    log,
    signal: stopping.signal,
  });
  const opened = KnownFiles.open(options.stateFile ?? null).then((known) => {
    return new FolderRegistrar(
      {
        folders: options.folders,
        rescanMs: options.rescanMs ?? 2_000,
        compareMs: options.compareMs ?? 10_000,
      },
      {
        ...{ client, known, log, signal: stopping.signal },
        limits: { ...DEFAULT_LIMITS, ...options.limits },
      },
    );
  });
  const ready = opened.then((registrar) => registrar.start());
  ready.catch((thrown: unknown) => {
    if (!stopping.signal.aborted) log.error({ err: toError(thrown) }, 'registration stopped');
  });
  return {
    ready,
    stop: async () => {
      stopping.abort();
      await (await opened).stop();
    },
  };
}
