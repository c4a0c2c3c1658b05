import { startChild } from '../child.ts';
import type { ApiOrder, ApiReady } from '../engine/api-process.ts';
import { type BenchEngine, benchDag, startBenchEngine } from '../engine/bench-engine.ts';
import {
  type Figure,
  median,
  percentile,
  type Workload,
  type WorkloadContext,
} from '../workload.ts';

const CALLS = 200;
const WARM_UP = 30;
const TASKS = 100;
const HISTORY_RUNS = 10_000;

/** Answers of the HTTP API, one client, one call after the other: near-empty, then with 1 M task instances. */
export const api: Workload = {
  name: 'api',
  description: 'trigger and list near-empty; grid, lists and run page among 1 M task instances',
  run: measureApi,
};

async function measureApi({ services, say }: WorkloadContext): Promise<Figure[]> {
  const engine = await startBenchEngine(await services.postgresUrl());
  const server = await startChild<ApiReady>(new URL('../engine/api-process.ts', import.meta.url), {
    databaseUrl: engine.database.url,
  } satisfies ApiOrder);
  try {
    const client = new Client(server.ready);
    await engine.register(benchDag('small', [[]]));
    const empty = [
      ...(await client.measure('trigger', () => client.post('/api/v2/dags/small/dagRuns', {}))),
      ...(await client.measure('list_runs', () =>
        client.get('/api/v2/dags/small/dagRuns?limit=50'),
      )),
    ];
    say(`writing ${HISTORY_RUNS} runs of ${TASKS} tasks …`);
    await writeHistory(engine);
    return [...empty, ...(await measureHistory(client))];
  } finally {
    await server.stop();
    await engine.stop();
  }
}

async function measureHistory(client: Client): Promise<Figure[]> {
  const grid = await client.get<{ runs: { id: string[] }; states: string[] }>(
    '/ui/grid/big?limit=25',
  );
  const isWhole =
    grid.states.length === 25 && grid.states.every((column) => column.length === TASKS);
  if (!isWhole) throw new Error('the grid does not show 25 runs of 100 tasks');
  const run = encodeURIComponent(grid.runs.id[0] ?? '');
  const paths = {
    grid_25x100: '/ui/grid/big?limit=25',
    grid_365x100: '/ui/grid/big?limit=365',
    dag_list: '/ui/dags?runs=30',
    home: '/ui/home',
    run_page_100_tasks: `/ui/runs/big/${run}`,
    list_runs_of_10000: '/api/v2/dags/big/dagRuns?limit=50',
    list_task_instances_of_1m: '/api/v2/dags/~/dagRuns/~/taskInstances?limit=50',
  };
  const figures: Figure[] = [];
  for (const [of, path] of Object.entries(paths)) {
    figures.push(...(await client.measure(of, () => client.get(path))));
  }
  return figures;
}

/** Finished runs as a scheduler leaves them, written at once. */
async function writeHistory(engine: BenchEngine): Promise<void> {
  const dag = benchDag(
    'big',
    Array.from({ length: TASKS }, (_, place) => (place === 0 ? [] : [place - 1])),
  );
  const version = await engine.register(dag);
  await engine.database.query(
    `with run as (
       insert into tidegate.dag_run
         (dag_id, run_id, version_key, state, run_type, run_after, triggered_by, start_at, end_at)
       select 'big', 'run_' || place, $1, 'success', 'scheduled', now(), 'timetable', now(), now()
         from generate_series(1, $2::int) as place
       returning run_key
     )
     insert into tidegate.task_instance
       (run_key, ix, state, try_number, max_tries, total, success, scheduled_ms, start_ms, end_ms)
     select run.run_key, ix, 'success', 1, 0, 1, 1, 1, 1, 2
       from run
      cross join generate_series(0, $3::int - 1) as ix`,
    [version, HISTORY_RUNS, TASKS],
  );
  await engine.database.query('analyze tidegate.dag_run, tidegate.task_instance');
}

/** One caller on one kept connection. */
class Client {
  private readonly server: ApiReady;

  constructor(server: ApiReady) {
    this.server = server;
  }

  get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.call<T>('POST', path, JSON.stringify(body));
  }

  /** Calls one after the other until there are enough samples or ten seconds are over. */
  async measure(of: string, call: () => Promise<unknown>): Promise<Figure[]> {
    const samples: number[] = [];
    const endAt = performance.now() + 10_000;
    for (let count = 0; count < CALLS + WARM_UP && performance.now() < endAt; count += 1) {
      const startedAt = performance.now();
      await call();
      if (count >= WARM_UP) samples.push(performance.now() - startedAt);
    }
    return [
      { of, metric: 'p50_ms', value: median(samples), unit: 'ms' },
      { of, metric: 'p99_ms', value: percentile(samples, 0.99), unit: 'ms' },
    ];
  }

  private async call<T>(method: string, path: string, body?: string): Promise<T> {
    const answer = await fetch(`${this.server.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.server.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    });
    if (!answer.ok) throw new Error(`${answer.status} of ${path}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
