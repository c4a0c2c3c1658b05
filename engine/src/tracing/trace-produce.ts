import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';

import { tracer } from './start-tracing.ts';

/** W3C's, as Kafka clients of every language write it. */
export const TRACE_HEADER = 'traceparent';

interface Batch {
  readonly topic: string;
  readonly records: readonly {
    readonly headers?: readonly (readonly [string, Buffer])[];
  }[];
}

export interface TracedProduce<B extends Batch> {
  /** What to produce: the same, with the span's header on each record. */
  readonly batches: readonly B[];
  end(error?: unknown): void;
}

/** A span around one append of a capture; the runs that load its records link to it. */
export function traceProduce<B extends Batch>(
  name: string,
  batches: readonly B[],
): TracedProduce<B> {
  const records = batches.reduce((sum, batch) => sum + batch.records.length, 0);
  const span = tracer().startSpan(name, {
    kind: SpanKind.PRODUCER,
    root: true,
    attributes: {
      'messaging.destination.name': [...new Set(batches.map(({ topic }) => topic))].join(' '),
      'messaging.batch.message_count': records,
    },
  });
  return {
    batches: withHeader(batches, span),
    end: (error) => {
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function withHeader<B extends Batch>(batches: readonly B[], span: Span): B[] {
  const { traceId, spanId } = span.spanContext();
  const header = [TRACE_HEADER, Buffer.from(`00-${traceId}-${spanId}-01`)] as const;
  return batches.map((batch) => ({
    ...batch,
    records: batch.records.map((record) => ({
      ...record,
      headers: [...(record.headers ?? []), header],
    })),
  }));
}
