import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { LABELS } from '@tidegate/engine/metrics';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { findFreePort } from '../../standalone/src/services/index.ts';
import { describeWith } from '../services/services.ts';
import { BankUnderLoad } from './bank-under-load.ts';
import { type Span, type SpanCollector, startSpanCollector } from './span-collector.ts';
import { StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Labels that prom-client itself adds, and `component`, the process. */
const ADDED = new Set([
  'component',
  'le',
  'type',
  'kind',
  'space',
  'version',
  'major',
  'minor',
  'patch',
]);
const COMPONENTS = ['api', 'scheduler', 'worker', 'capture'];
const OURS = /^(airflow|tidegate)_/;

describeWith(['mariadb'], 'what npm start tells of itself', () => {
  const env: NodeJS.ProcessEnv = {};
  const standalone = new StandaloneUnderTest({ env });
  let collector: SpanCollector;
  let bank: BankUnderLoad;
  let url: string;
  beforeAll(async () => {
    const port = await findFreePort();
    env['TIDEGATE_METRICS_PORT'] = String(port);
    url = `http://127.0.0.1:${port}/metrics`;
    collector = await startSpanCollector();
    env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url;
    await standalone.start();
    bank = await BankUnderLoad.open(standalone, 8);
  }, 120_000);
  afterAll(async () => {
    await bank[Symbol.asyncDispose]();
    await standalone[Symbol.asyncDispose]();
    await collector.stop();
  }, 90_000);
  tellFailures(standalone);

  it('counts runs, tries, flushes, slots, capture and lag, each from the process that knows', async () => {
    await bank.timeToGoOn('a start');
    const samples = await until('a run to be counted', async () => {
      const told = await scrape();
      return valueOf(told, 'airflow_dagrun_duration_success_count') > 0 ? told : undefined;
    });
    expect(valueOf(samples, 'airflow_scheduler_heartbeat')).toBeGreaterThan(0);
    expect(valueOf(samples, 'airflow_ti_successes')).toBeGreaterThan(0);
    expect(valueOf(samples, 'tidegate_flush_duration_seconds_count')).toBeGreaterThan(0);
    expect(valueOf(samples, 'tidegate_worker_slots')).toBeGreaterThan(0);
    expect(valueOf(samples, 'tidegate_capture_rows')).toBeGreaterThan(0);
    expect(valueOf(samples, 'tidegate_stream_log_end_offset')).toBeGreaterThan(0);
    expect(valueOf(samples, 'airflow_dagbag_size')).toBeGreaterThan(0);
  });

  it('has no more series after many more runs, and no label but those declared', async () => {
    const names = (samples: readonly Sample[]): string[] =>
      samples.filter(({ name }) => OURS.test(name)).map(withoutBuckets);
    const before = new Set(names(await scrape()));
    const runsBefore = valueOf(await scrape(), 'airflow_dagrun_duration_success_count');
    const seen: string[] = [];
    for (let round = 0; round < 8; round += 1) await bank.timeToGoOn(`round ${round}`);
    await until('further runs to be counted', async () => {
      const samples = await scrape();
      seen.push(...names(samples));
      const runs = valueOf(samples, 'airflow_dagrun_duration_success_count');
      return runs >= runsBefore + 7 ? true : undefined;
    });
    // Series come into being once; what comes with each run would come again and again.
    const added = [...new Set(seen)].filter((series) => !before.has(series));
    expect(added.length).toBeLessThan(4);
    const labels = new Set((await scrape()).flatMap((sample) => Object.keys(sample.labels)));
    const undeclared = [...labels].filter(
      (label) => !ADDED.has(label) && !(LABELS as readonly string[]).includes(label),
    );
    expect(undeclared).toEqual([]);
  });

  it('counts nothing that is not on the page of metrics', async () => {
    const page = readFileSync(path.join(ROOT, 'docs/operating-metrics.md'), 'utf8');
    const text = await (await fetch(url)).text();
    const told = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].filter(([, name]) =>
      OURS.test(name ?? ''),
    );
    const missing = told.filter(([, name, type]) => {
      const row = page.split('\n').find((line) => line.includes(`\`${name}\``));
      return row?.includes(type ?? '') !== true;
    });
    expect(missing.map(([, name, type]) => `${name} (${type})`)).toEqual([]);
  });

  it('traces a change from its capture over the run and its tasks to the load that read it', async () => {
    await bank.timeToGoOn('spans');
    const chain = await until('a whole chain of spans', () => findChain(collector.spans));
    const { capture, run, tries, executed } = chain;
    expect(capture.service).toBe('tidegate-capture');
    expect([run.service, ...tries.map(({ service }) => service)]).toEqual(
      Array.from({ length: tries.length + 1 }, () => 'tidegate-scheduler'),
    );
    expect(tries.map(({ name }) => name).sort()).toEqual(['task load', 'task stats']);
    expect(executed.service).toBe('tidegate-task');
  });

  /** What all processes tell: one that is busy for a second is left out of an answer. */
  function scrape(): Promise<Sample[]> {
    return until('all processes to tell their metrics', async () => {
      const response = await fetch(url);
      expect(response.status).toBe(200);
      const lines = (await response.text()).split('\n');
      const samples = lines.filter((line) => /^[a-z]/.test(line)).map(toSample);
      const told = new Set(samples.map(({ labels }) => labels['component']));
      return COMPONENTS.every((name) => told.has(name)) ? samples : undefined;
    });
  }
});

interface Chain {
  readonly capture: Span;
  readonly run: Span;
  readonly tries: readonly Span[];
  /** The call of the loader. */
  readonly executed: Span;
}

/** A run's spans, down to the load that links to the append its records came by. */
function findChain(spans: readonly Span[]): Chain | undefined {
  for (const run of spans.filter(({ name }) => name === 'run bank_accounts')) {
    const tries = spans.filter(({ parentSpanId }) => parentSpanId === run.spanId);
    const load = tries.find(({ name }) => name === 'task load');
    const executed = spans.find(({ parentSpanId }) => parentSpanId === load?.spanId);
    const links = new Set(executed?.links);
    const capture = spans.find(({ spanId }) => links.has(spanId));
    if (executed === undefined || capture === undefined || tries.length < 2) continue;
    return { capture, run, tries, executed };
  }
  return undefined;
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function toSample(line: string): Sample {
  const place = line.lastIndexOf(' ');
  const series = line.slice(0, place);
  const labels = [...series.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]);
  return {
    name: series.split('{', 1)[0] ?? '',
    labels: Object.fromEntries(labels) as Record<string, string>,
    value: Number(line.slice(place + 1)),
  };
}

/** A histogram is one series here, however many lines tell it. */
function withoutBuckets({ name, labels }: Sample): string {
  const others = Object.entries(labels).filter(([label]) => label !== 'le');
  return `${name.replace(/_(bucket|sum|count)$/, '')} ${JSON.stringify(others)}`;
}

/** Sum over all series of a name. */
function valueOf(samples: readonly Sample[], name: string): number {
  const own = samples.filter((sample) => sample.name === name);
  return own.reduce((sum, { value }) => sum + value, 0);
}
