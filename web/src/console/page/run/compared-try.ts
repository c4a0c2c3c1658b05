import type { UiRun, UiTaskInstance, UiTry } from '../../../contract/ui-run.ts';
import { formatMs } from '../../format/duration.ts';
import { formatCount } from '../../format/number.ts';

/** A try with what it belongs to. */
export interface ComparedTry {
  readonly page: UiRun;
  readonly task: UiTaskInstance;
  readonly tried: UiTry;
  /** What it returned, as JSON text; null when nothing was kept. */
  readonly output: string | null;
}

/** One fact of two tries. */
export interface ComparedFact {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly differs: boolean;
}

const LONGEST = 200;

/** What two tries are compared by. Facts neither has are left out. */
export function compareTries(before: ComparedTry, after: ComparedTry): readonly ComparedFact[] {
  const [old, now] = [factsOf(before), factsOf(after)];
  return Object.keys(now).flatMap((name) => {
    const [was, is] = [old[name] ?? null, now[name] ?? null];
    if (was === null && is === null) return [];
    return { name, before: show(was), after: show(is), differs: was !== is };
  });
}

function show(text: string | null): string {
  if (text === null) return '–';
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function factsOf({ page, tried, output }: ComparedTry): Readonly<Record<string, string | null>> {
  const { scheduled, start, end, error, worker, state, progress } = tried;
  return {
    ended: state,
    error: error === null ? null : [error.name, error.message].filter(Boolean).join(': '),
    took: spanOf(start, end),
    waited: spanOf(scheduled, start),
    worker,
    version: `v${page.version}`,
    ...factsOfRun(page.run),
    progress: progress === null ? null : formatCount(progress.done),
    output,
  };
}

function factsOfRun({ conf, tidegate_ranges: ranges, tidegate_records: records }: UiRun['run']) {
  const hasParams = conf !== null && Object.keys(conf).length > 0;
  if (ranges.length === 0) {
    return { params: hasParams ? JSON.stringify(conf) : null, range: null, records: null };
  }
  const parts = ranges.map(
    ({ partition, from, to }) => `${partition} [${formatCount(from)}, ${formatCount(to)})`,
  );
  return {
    params: hasParams ? JSON.stringify(conf) : null,
    range: parts.join(', '),
    records: formatCount(records),
  };
}

function spanOf(fromMs: number | null, toMs: number | null): string | null {
  return fromMs === null || toMs === null ? null : formatMs(toMs - fromMs);
}
