/**
 * Public surface of `@tidegate/engine/tracing`: OpenTelemetry spans from commit to row. Where there is no tracing,
 * nothing of OpenTelemetry is loaded.
 */
import { isTracing } from '../platform/config.ts';
import type { TracedProduce, traceProduce as traceProduceNow } from './trace-produce.ts';
import type { TracedTask, traceTask as traceTaskNow } from './trace-task.ts';

export type { TracedProduce, TracedTask };

const UNTRACED: TracedTask = { saw: () => undefined, end: () => undefined };

/** A span around one append of a capture; the runs that load its records link to it. */
export const traceProduce: typeof traceProduceNow = isTracing
  ? (await import('./trace-produce.ts')).traceProduce
  : (_name, batches) => ({ batches, end: () => undefined });

/** The span of a task function's call, below the try's own, which the scheduler tells. */
export const traceTask: typeof traceTaskNow = isTracing
  ? (await import('./trace-task.ts')).traceTask
  : () => UNTRACED;

/**
 * Sends spans where `OTEL_EXPORTER_OTLP_ENDPOINT` says; see `start-tracing.ts`. Answers how to send the last of
 * them.
 */
export async function startTracing(service: string): Promise<() => Promise<void>> {
  if (!isTracing) return () => Promise.resolve();
  return (await import('./start-tracing.ts')).startTracing(service);
}
