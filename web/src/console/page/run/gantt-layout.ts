import type { UiRun, UiTaskInstance, UiTry } from '../../../contract/ui-run.ts';

/** One bar of a lane, in milliseconds since the epoch. */
export interface Bar {
  readonly kind: 'queued' | 'try' | 'backoff';
  readonly state: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** It has not ended: it grows with the clock. */
  readonly isOpen: boolean;
  readonly tryNumber: number;
}

/** One line of the Gantt: a task over all its tries, or one try of it. */
export interface Lane {
  readonly key: string;
  readonly taskId: string;
  readonly depth: 0 | 1;
  readonly state: string;
  readonly label: string;
  readonly bars: readonly Bar[];
  /** Between the first start and the last end; null when it did not run. */
  readonly tookMs: number | null;
  /** Why there are no bars. */
  readonly note: string | null;
  readonly tryNumber: number | null;
}

export interface Axis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly ticks: readonly number[];
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000,
  300_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
];
const MOST_TICKS = 6;
const SHORT_MS = 5_000;

/** A run so short is read from its start on; times of day would differ in their last digits only. */
export function isShort({ fromMs, toMs }: Pick<Axis, 'fromMs' | 'toMs'>): boolean {
  return toMs - fromMs < SHORT_MS;
}

/**
 * Lanes of a run in the order of its graph. A task tried more than once gets a lane for each try and each wait
 * between tries, so that the story reads downwards.
 */
export function toLanes(page: UiRun, nowMs: number): readonly Lane[] {
  return page.tasks.flatMap((task) => {
    const bars = barsOf(task, nowMs);
    const head = headLane(task, bars, page);
    return task.tries.length > 1 ? [head, ...tryLanes(task, bars)] : [head];
  });
}

/** From the first thing that happened to the last, or to now while the run goes on. */
export function toAxis(page: UiRun, lanes: readonly Lane[], nowMs: number): Axis {
  const instants = lanes.flatMap(({ bars }) => bars.flatMap(({ fromMs, toMs }) => [fromMs, toMs]));
  const startMs = Date.parse(page.run.start_date ?? page.run.run_after);
  const fromMs = Math.min(startMs, ...instants);
  const endMs = page.run.end_date === null ? nowMs : Date.parse(page.run.end_date);
  const toMs = Math.max(fromMs + 1, endMs, ...instants);
  const step = STEPS_MS.find((each) => (toMs - fromMs) / each <= MOST_TICKS) ?? 604_800_000;
  const first = isShort({ fromMs, toMs }) ? fromMs : Math.ceil(fromMs / step) * step;
  const count = Math.max(0, Math.floor((toMs - first) / step) + 1);
  return { fromMs, toMs, ticks: Array.from({ length: count }, (_, index) => first + index * step) };
}

function barsOf(task: UiTaskInstance, nowMs: number): readonly Bar[] {
  return task.tries.flatMap((each, index) => {
    const before = task.tries[index - 1];
    const after = task.tries[index + 1];
    return [
      ...waitBefore(each, before),
      ...tryBar(each, nowMs),
      ...backoff(task, { each, after }, nowMs),
    ];
  });
}

function tryBar(each: UiTry, nowMs: number): readonly Bar[] {
  if (each.start === null) return [];
  const { start: fromMs, end, state, try_number: tryNumber } = each;
  return [
    {
      kind: 'try',
      state,
      fromMs,
      toMs: end ?? Math.max(nowMs, fromMs),
      isOpen: end === null,
      tryNumber,
    },
  ];
}

/** Ready, but no worker had it yet. */
function waitBefore(each: UiTry, before: UiTry | undefined): readonly Bar[] {
  if (each.scheduled === null || each.start === null) return [];
  const fromMs = Math.max(each.scheduled, before?.end ?? 0);
  if (fromMs >= each.start) return [];
  const { try_number: tryNumber, start: toMs } = each;
  return [{ kind: 'queued', state: 'queued', fromMs, toMs, isOpen: false, tryNumber }];
}

/** The pause a failed try makes before the next one, also while it lasts. */
function backoff(
  task: UiTaskInstance,
  { each, after }: { readonly each: UiTry; readonly after: UiTry | undefined },
  nowMs: number,
): readonly Bar[] {
  if (each.end === null || each.state !== 'failed') return [];
  const base = { kind: 'backoff', state: 'up_for_retry', fromMs: each.end } as const;
  const tryNumber = each.try_number;
  if (after !== undefined) {
    const toMs = after.scheduled ?? after.start ?? each.end;
    return toMs > each.end ? [{ ...base, toMs, isOpen: false, tryNumber }] : [];
  }
  if (task.state !== 'up_for_retry') return [];
  return [{ ...base, toMs: task.due ?? nowMs, isOpen: true, tryNumber }];
}

function headLane(task: UiTaskInstance, bars: readonly Bar[], page: UiRun): Lane {
  const starts = bars.map(({ fromMs }) => fromMs);
  const ends = bars.map(({ toMs }) => toMs);
  return {
    key: task.task_id,
    taskId: task.task_id,
    depth: 0,
    state: task.state,
    label: task.task_id,
    bars,
    tookMs: bars.length === 0 ? null : Math.max(...ends) - Math.min(...starts),
    note: bars.length === 0 ? noteOf(task, page) : null,
    tryNumber: null,
  };
}

function tryLanes(task: UiTaskInstance, bars: readonly Bar[]): readonly Lane[] {
  const last = task.tries.at(-1)?.try_number;
  return task.tries.flatMap(({ try_number: tryNumber, state }) => {
    const own = bars.filter((bar) => bar.tryNumber === tryNumber);
    const lane = (kind: 'try' | 'backoff', shown: readonly Bar[], label: string): Lane => ({
      key: `${task.task_id} ${kind} ${tryNumber}`,
      taskId: task.task_id,
      depth: 1,
      state: kind === 'backoff' ? 'up_for_retry' : state,
      label,
      bars: shown,
      tookMs: spanOf(shown.filter((bar) => bar.kind === kind)),
      note: null,
      tryNumber,
    });
    const tried = own.filter(({ kind }) => kind !== 'backoff');
    const waited = own.filter(({ kind }) => kind === 'backoff');
    const name = `try ${tryNumber}${tryNumber === last ? ', last' : ''}`;
    return [
      lane('try', tried, state === 'lost' ? `${name}, lost` : name),
      ...(waited.length > 0 ? [lane('backoff', waited, 'backoff')] : []),
    ];
  });
}

function spanOf(bars: readonly Bar[]): number | null {
  return bars.length === 0 ? null : bars.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

/** Why a task has not run, in a few words. */
function noteOf(task: UiTaskInstance, page: UiRun): string {
  const states = new Map(page.tasks.map(({ task_id: id, state }) => [id, state]));
  const blocking = task.upstream.filter((id) => states.get(id) !== 'success').join(', ');
  const waits = blocking === '' ? 'not started' : `waits for ${blocking}`;
  const notes: Readonly<Record<UiTaskInstance['state'], string>> = {
    none: waits,
    running: waits,
    restarting: waits,
    up_for_retry: waits,
    upstream_failed: `not run: needs ${blocking}`,
    skipped: 'skipped',
    removed: 'removed from the DAG',
    scheduled: `waits for a slot of ${task.pool}`,
    queued: `waits for a slot of ${task.pool}`,
    deferred: 'waits until it is due',
    up_for_reschedule: 'waits until it is due',
    success: 'set to success without a try',
    failed: 'set to failed without a try',
  };
  return notes[task.state];
}
