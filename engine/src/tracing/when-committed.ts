import { isTracing } from '../platform/config.ts';
import type { traceCommit as traceCommitNow } from './trace-commit.ts';

/** Undefined, and nothing of OpenTelemetry loaded, where there is no tracing. */
export const traceCommit: typeof traceCommitNow | undefined = isTracing
  ? (await import('./trace-commit.ts')).traceCommit
  : undefined;
