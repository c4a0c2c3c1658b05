import type { SerializedDag } from '../../dag/serialized-dag.ts';
import { countRecords, planRanges } from '../../scheduler/runs/plan-ranges.ts';
import { isFinishedRunState, type RunState } from '../../state/run-state.ts';
import { toFlowFacts } from '../../store/memory/flow-facts.ts';
import type { MemoryStore } from '../../store/memory/memory-store.ts';
import type { PartitionRange } from '../../store/runs/run-ranges.ts';
import type { Random } from './random.ts';

/** The task that loads a run's range. */
export const LOADER_IX = 0;

const MOST_APPENDED = 40;

/** A topic, and the DAG that loads it: cursors move in the transaction that makes a run and pins its range. */
export class SimulatedStream {
  readonly topic: string;
  private readonly dag: SerializedDag;
  private readonly ends: number[];
  private readonly cursors: number[];
  private readonly maxRecords: number;
  private readonly blocks: boolean;
  private readonly pinned = new Map<number, readonly PartitionRange[]>();

  constructor(random: Random, dag: SerializedDag) {
    this.topic = `topic-${dag.id}`;
    this.dag = withLoader(dag);
    const partitions = random.between(1, 3);
    this.ends = Array.from({ length: partitions }, () => 0);
    this.cursors = [...this.ends];
    this.maxRecords = random.between(10, 200);
    this.blocks = random.chance(0.5);
  }

  append(random: Random): void {
    const partition = random.between(0, this.ends.length - 1);
    this.ends[partition] = (this.ends[partition] ?? 0) + random.between(1, MOST_APPENDED);
  }

  rangesOf(runKey: number): readonly PartitionRange[] | undefined {
    return this.pinned.get(runKey);
  }

  /** One transaction: the run, its ranges and the cursors. Makes nothing while the stream is blocked or full. */
  makeRun(store: MemoryStore, nowMs: number): void {
    const states = this.statesOf(store);
    const active = states.filter((state) => !isFinishedRunState(state)).length;
    if (active >= this.dag.maxActiveRuns || this.isBlocked(store)) return;
    const ranges = planRanges(this.backlogs(), this.maxRecords);
    if (ranges.length === 0) return;
    const runKey = store.createRun({
      flow: toFlowFacts(this.dag),
      lane: 'live',
      scope: this.dag.id,
      maxActiveRuns: this.dag.maxActiveRuns,
      runAfterMs: nowMs,
    });
    this.pinned.set(runKey, ranges);
    for (const { partition, to } of ranges) this.cursors[partition] = to;
  }

  /** Nothing is left to be made a run of. */
  isAtRest(store: MemoryStore): boolean {
    const ahead = this.backlogs().map(({ end, ...rest }) => ({ ...rest, to: end }));
    return countRecords(ahead) === 0 || this.isBlocked(store);
  }

  /** Holes and overlaps between the ranges of its runs; empty when they tile the log up to the cursors. */
  gaps(): string[] {
    const all = [...this.pinned.values()].flat();
    return this.cursors.flatMap((cursor, partition) => {
      const own = all.filter((range) => range.partition === partition);
      own.sort((a, b) => a.from - b.from);
      const froms = [...own.map(({ from }) => from), cursor];
      const tos = [0, ...own.map(({ to }) => to)];
      return tos.flatMap((to, at) =>
        to === froms[at] ? [] : [`${this.topic}/${partition} at ${to}, not ${froms[at] ?? '?'}`],
      );
    });
  }

  private isBlocked(store: MemoryStore): boolean {
    return this.blocks && this.statesOf(store).includes('failed');
  }

  private statesOf(store: MemoryStore): RunState[] {
    return [...this.pinned.keys()].flatMap((runKey) => store.runs.get(runKey)?.state ?? []);
  }

  private backlogs(): { partition: number; from: number; end: number }[] {
    return this.ends.map((end, partition) => ({
      partition,
      from: this.cursors[partition] ?? 0,
      end,
    }));
  }
}

/** Whatever was drawn for its first task, it loads. */
function withLoader(dag: SerializedDag): SerializedDag {
  const tasks = dag.tasks.map((task, ix) =>
    ix === LOADER_IX ? { ...task, kind: 'task' as const, to: [], sensor: null } : task,
  );
  return { ...dag, tasks };
}
