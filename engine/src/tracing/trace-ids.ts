import { createHash, randomBytes } from 'node:crypto';

/** Names a run's trace. */
export interface TracedRun {
  readonly dagId: string;
  readonly runId: string;
}

/**
 * Ids are computed, not carried: whoever knows a run, a try, knows its trace and span. So nothing has to travel
 * from scheduler to worker, and spans of processes that died have their place all the same.
 */
export function traceIdOf({ dagId, runId }: TracedRun): string {
  return digest(`${dagId}/${runId}`, 32);
}

/** A cleared run has a span for each time it ran, in one trace. */
export function runSpanIdOf(run: TracedRun, clearNumber: number): string {
  return digest(`${run.dagId}/${run.runId}#${clearNumber}`, 16);
}

export function trySpanIdOf(run: TracedRun, taskId: string, tryNumber: number): string {
  return digest(`${run.dagId}/${run.runId}/${taskId}#${tryNumber}`, 16);
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** Random ids, unless the next span's are given. */
export class PlannedIds {
  #traceId: string | undefined;
  #spanId: string | undefined;

  /** The span that `start` starts has these. */
  with<T>(ids: { readonly traceId?: string; readonly spanId: string }, start: () => T): T {
    this.#traceId = ids.traceId;
    this.#spanId = ids.spanId;
    try {
      return start();
    } finally {
      this.#traceId = undefined;
      this.#spanId = undefined;
    }
  }

  generateTraceId(): string {
    return this.#traceId ?? randomBytes(16).toString('hex');
  }

  generateSpanId(): string {
    return this.#spanId ?? randomBytes(8).toString('hex');
  }
}

export const plannedIds = new PlannedIds();
