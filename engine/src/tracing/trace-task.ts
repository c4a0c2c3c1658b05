import { type Span, SpanStatusCode, TraceFlags } from '@opentelemetry/api';

import type { Grant } from '../execution/contract.ts';
import { contextOf, tracer } from './start-tracing.ts';
import { traceIdOf, trySpanIdOf } from './trace-ids.ts';
import { TRACE_HEADER } from './trace-produce.ts';

interface ReadRecord {
  readonly headers: readonly (readonly [string, Buffer | null])[];
}

/** What a task process tells of a try it runs. */
export interface TracedTask {
  /** Links to the appends these records came by. */
  saw(records: readonly ReadRecord[]): void;
  end(outcome: { readonly kind: string }): void;
}

/** A range of many appends names the first of them. */
const MOST_LINKS = 32;
const FORMAT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-/;

/** The span of a task function's call, below the try's own, which the scheduler tells. */
export function traceTask(grant: Grant): TracedTask {
  const parent = {
    traceId: traceIdOf(grant),
    spanId: trySpanIdOf(grant, grant.taskId, grant.tryNumber),
  };
  const span = tracer().startSpan(
    `execute ${grant.taskId}`,
    { attributes: { 'tidegate.dag_id': grant.dagId, 'tidegate.run_id': grant.runId } },
    contextOf(parent),
  );
  return new LinkedTask(span);
}

class LinkedTask implements TracedTask {
  readonly #span: Span;
  readonly #linked = new Set<string>();
  #last = '';
  #records = 0;

  constructor(span: Span) {
    this.#span = span;
  }

  saw(records: readonly ReadRecord[]): void {
    this.#records += records.length;
    for (const { headers } of records) {
      for (const [name, value] of headers) if (name === TRACE_HEADER) this.#link(String(value));
    }
  }

  end(outcome: { readonly kind: string }): void {
    this.#span.setAttribute('tidegate.outcome', outcome.kind);
    this.#span.setAttribute('tidegate.records_read', this.#records);
    if (outcome.kind === 'failed') this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }

  #link(text: string): void {
    // Records of one append lie together.
    if (text === this.#last) return;
    this.#last = text;
    const [, traceId, spanId] = FORMAT.exec(text) ?? [];
    if (traceId === undefined || spanId === undefined || this.#linked.has(text)) return;
    if (this.#linked.size >= MOST_LINKS) return;
    this.#linked.add(text);
    this.#span.addLink({ context: { traceId, spanId, traceFlags: TraceFlags.SAMPLED } });
  }
}
