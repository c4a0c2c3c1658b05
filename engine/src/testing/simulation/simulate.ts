import { isFinishedTaskState } from '../../state/task-state.ts';
import { toFlowFacts } from '../../store/memory/flow-facts.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import { Network, type Faults } from './network.ts';
import { randomDag } from './random-dag.ts';
import { Random } from './random.ts';
import { SimulatedStream } from './simulated-stream.ts';
import { VirtualTime } from './virtual-time.ts';
import { World } from './world.ts';

export interface Simulated {
  readonly seed: number;
  /** Empty when all went well. */
  readonly broken: readonly string[];
  readonly runs: number;
  readonly flushes: number;
  /** Until the last run ended, in simulated milliseconds. */
  readonly lastedMs: number;
}

const START_MS = Date.UTC(2026, 0, 1);
const FAULTS_LAST_MS = 60_000;
/** Everything must have ended this long after things calmed down. */
const PATIENCE_MS = 600_000;

export interface SimulationOptions {
  /** Spoils the store before anything happens, to see that it is noticed. */
  readonly tamper?: (store: MemoryStore) => void;
}

/**
 * Lets schedulers and workers run random DAGs through a minute of faults, all drawn from one seed, and says
 * which invariants broke. The same seed gives the same events.
 */
export function simulate(seed: number, options: SimulationOptions = {}): Simulated {
  const random = new Random(seed);
  const time = new VirtualTime(START_MS);
  const store = new MemoryStore({
    default_pool: random.between(2, 8),
    small: random.between(2, 3),
  });
  const network = new Network({ time, random }, randomFaults(random), START_MS + FAULTS_LAST_MS);
  createRuns(store, random);
  options.tamper?.(store);
  const world = new World(network, store, {
    schedulers: random.between(1, 3),
    workers: random.between(1, 4),
    isBullmq: random.chance(0.4),
    streams: createStreams(random),
  });
  const deadline = START_MS + FAULTS_LAST_MS + PATIENCE_MS;
  const ended = time.runUntil(() => world.isDone(), deadline);
  return {
    seed,
    broken: [...world.broken, ...(ended ? [] : unfinished(store)), ...world.brokenAtTheEnd()],
    runs: store.runs.size,
    flushes: world.flushes,
    lastedMs: time.now() - START_MS,
  };
}

function createRuns(store: MemoryStore, random: Random): void {
  const dags = random.between(1, 3);
  for (let i = 0; i < dags; i += 1) {
    const dag = randomDag(random, `dag_${i}`, 10);
    const flow = toFlowFacts(dag);
    const runs = random.between(1, 3);
    for (let run = 0; run < runs; run += 1) {
      const lane = random.chance(0.7) ? 'live' : 'backfill';
      store.createRun({
        flow,
        lane,
        scope: `${lane}:${dag.id}`,
        maxActiveRuns: dag.maxActiveRuns,
        runAfterMs: START_MS + random.between(0, 20_000),
      });
    }
  }
}

function createStreams(random: Random): SimulatedStream[] {
  return Array.from(
    { length: random.between(0, 2) },
    (_, i) => new SimulatedStream(random, randomDag(random, `stream_${i}`, 4)),
  );
}

function randomFaults(random: Random): Faults {
  const upTo = (most: number): number => (random.chance(0.3) ? 0 : random.next() * most);
  return {
    drop: upTo(0.2),
    double: upTo(0.2),
    late: upTo(0.1),
    failBeforeCommit: upTo(0.1),
    answerLost: upTo(0.1),
    dieAfterCommit: upTo(0.02),
    schedulerDies: upTo(0.1),
    workerDies: upTo(0.1),
    workerPauses: upTo(0.1),
    queueEmptied: upTo(0.1),
    personActs: upTo(0.5),
  };
}

/** I14: what is left when nothing happens any more. */
function unfinished(store: MemoryStore): string[] {
  return [...store.runs.values()].flatMap((run) =>
    store
      .listTasks(run.runKey)
      .filter((row) => !isFinishedTaskState(row.state))
      .map((row) => `I14 task ${row.ix} of run ${run.runKey} (${run.state}) is left ${row.state}`),
  );
}
