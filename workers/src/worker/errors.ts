import { TidegateError } from '@tidegate/engine/platform';

/** Codes of the worker and its task processes; those marked *outcome* appear as the error of a try. */
export const WORKER_ERRORS = {
  /**
   * The settings of the worker cannot be used. Cause: a variable is missing or malformed.
   * Remedy: each fault is named in the message with its variable.
   */
  configInvalid: 'WORKER_CONFIG_INVALID',
  /**
   * The first task process did not come up. Cause: a broken installation, no memory, no process slots.
   * Remedy: the message ends with what the process printed.
   */
  processBroken: 'TASK_PROCESS_BROKEN',
  /**
   * The engine answered a call with a refusal. Cause: a wrong token, another version, a body it cannot take.
   * Remedy: the message names status and answer.
   */
  engineRefused: 'ENGINE_REFUSED',
  /**
   * A newer process with the same worker id took over. Cause: two workers share a home, or the same one was
   * started twice. Remedy: stop one of them, or give it a home of its own.
   */
  superseded: 'WORKER_SUPERSEDED',
  /** The engine could not be reached or failed inside; the call is repeated. */
  engineUnavailable: 'ENGINE_UNAVAILABLE',
  /** *outcome* The task ended its process: `process.exit`, a signal, a native crash. Never a success. */
  processExited: 'PROCESS_EXITED',
  /** *outcome* The process had no memory left. Remedy: read in batches, or raise the worker's memory bound. */
  outOfMemory: 'OUT_OF_MEMORY',
  /** *outcome* Something the task started failed after nobody waited for it. Remedy: await every promise. */
  uncaught: 'UNCAUGHT_ERROR',
  /** *outcome* The engine refuses the report itself, its output most likely. The message says why. */
  reportRefused: 'REPORT_REFUSED',
  /** *outcome* The bundle of the DAG is not what its hash says. Remedy: register the DAG again. */
  bundleDamaged: 'BUNDLE_DAMAGED',
  /** The DAG reads a topic, but the worker was given no topic log. */
  topicLogMissing: 'TOPIC_LOG_MISSING',
} as const;

/** A call to the engine that failed; `status` is absent when no answer came. */
export class EngineCallError extends TidegateError {
  readonly status: number | undefined;
  /** The engine's own code, where its answer had one. */
  readonly answerCode: string | undefined;

  constructor(
    message: string,
    options: { status?: number; answerCode?: string | undefined; cause?: unknown } = {},
  ) {
    const retriable = isRetriable(options.status);
    const code = retriable ? WORKER_ERRORS.engineUnavailable : WORKER_ERRORS.engineRefused;
    super(code, message, { retriable, cause: options.cause });
    this.status = options.status;
    this.answerCode = options.answerCode;
  }
}

function isRetriable(status: number | undefined): boolean {
  return status === undefined || status >= 500 || status === 429 || status === 408;
}

/** What the engine answers to a session that a newer one of the same worker replaced. */
export function isSuperseded(err: unknown): boolean {
  return err instanceof EngineCallError && err.answerCode === 'SESSION_SUPERSEDED';
}

/** `code` and `message` of an error answer, as far as it has them. */
export function readErrorAnswer(text: string): { code?: string; message?: string } {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null) return {};
    return {
      ...('code' in answer && typeof answer.code === 'string' ? { code: answer.code } : {}),
      ...('message' in answer && typeof answer.message === 'string'
        ? { message: answer.message }
        : {}),
    };
  } catch {
    return {};
  }
}
