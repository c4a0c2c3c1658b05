import { type Context, ROOT_CONTEXT, trace, TraceFlags, type Tracer } from '@opentelemetry/api';

import { plannedIds } from './trace-ids.ts';

/** A process that dies takes the spans of so long with it. */
const SENT_EVERY_MS = 1_000;

/** By OTLP over HTTP; the exporter reads `OTEL_EXPORTER_OTLP_…` itself. Answers how to send the last spans. */
export async function startTracing(service: string): Promise<() => Promise<void>> {
  const [sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': `tidegate-${service}` }),
    idGenerator: plannedIds,
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        scheduledDelayMillis: SENT_EVERY_MS,
      }),
    ],
  });
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}

export function tracer(): Tracer {
  return trace.getTracer('tidegate');
}

/** The context of a span that another process may have started, or will. */
export function contextOf(span: { readonly traceId: string; readonly spanId: string }): Context {
  const remote = { ...span, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, remote);
}
