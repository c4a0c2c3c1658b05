import {
  findFirstErrorLine,
  findNeighbours,
  findSchedulerHealth,
  listDagCards,
  listRecentInputs,
  listTaskInstances,
  listTriesOfRun,
  readGrid,
  readHome,
} from '@tidegate/engine/server';
import { z } from 'zod';

import {
  uiDagList,
  uiDagListQuery,
  uiDagPage,
  uiGrid,
  uiGridQuery,
  uiHome,
  uiRun,
  uiRunMark,
  uiRunMarkQuery,
} from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { toInstantRange, toOrder } from '../query.ts';
import { toDagRun } from '../read-models/dag-run.ts';
import { toLogMessage } from '../read-models/task-instance.ts';
import { toUiDag, toUiDagPage } from '../read-models/ui-dags.ts';
import { findRootCause, toFailure } from '../read-models/ui-failure.ts';
import { toGrid } from '../read-models/ui-grid.ts';
import { toUiHome } from '../read-models/ui-home.ts';
import { toUiTaskInstances } from '../read-models/ui-run.ts';
import { toRunMark } from '../read-models/ui-run-mark.ts';
import { countActiveRuns, DAG_ORDER } from './dags.ts';
import { getDag, getRun } from './not-found.ts';

const dagParams = z.object({ dag_id: z.string() });
const MOST_TRIES = 5_000;

/** What the console's pages open with, one request each. */
export function uiRoutes(app: Api, context: RouteContext): void {
  homeRoute(app, context);
  dagListRoute(app, context);
  dagPageRoute(app, context);
  gridRoute(app, context);
  runRoute(app, context);
  runMarkRoute(app, context);
}

function homeRoute(app: Api, { database }: RouteContext): void {
  app.get(
    '/ui/home',
    { config: { access: 'viewer' }, schema: { response: { 200: uiHome } } },
    async () => {
      const [counts, health] = await Promise.all([
        readHome(database),
        findSchedulerHealth(database),
      ]);
      return toUiHome(counts, health, Date.now());
    },
  );
}

function dagListRoute(app: Api, { database }: RouteContext): void {
  app.get(
    '/ui/dags',
    {
      config: { access: 'viewer' },
      schema: { querystring: uiDagListQuery, response: { 200: uiDagList } },
    },
    async ({ query }) => {
      const { dags, total } = await listDagCards(database, {
        pattern: query.q,
        tags: query.tags,
        owners: query.owners,
        paused: query.paused,
        lastRunState: query.last_run_state,
        hasImportError: query.has_import_errors,
        order: toOrder(query.order_by, DAG_ORDER),
        runs: query.runs,
        limit: query.limit,
        offset: query.offset,
      });
      return { dags: dags.map(toUiDag), total_entries: total };
    },
  );
}

function dagPageRoute(app: Api, { database }: RouteContext): void {
  app.get(
    '/ui/dags/:dag_id',
    { config: { access: 'viewer' }, schema: { params: dagParams, response: { 200: uiDagPage } } },
    async ({ params: { dag_id: dagId } }) => {
      const [dag, inputs, active] = await Promise.all([
        getDag(database, dagId),
        listRecentInputs(database, dagId),
        countActiveRuns(database, dagId),
      ]);
      return toUiDagPage(dag, active, inputs);
    },
  );
}

function gridRoute(app: Api, { database, versions }: RouteContext): void {
  app.get(
    '/ui/grid/:dag_id',
    {
      config: { access: 'viewer' },
      schema: { params: dagParams, querystring: uiGridQuery, response: { 200: uiGrid } },
    },
    async ({ params: { dag_id: dagId }, query }) => {
      const runs = await readGrid(database, {
        dagId,
        // One more tells whether there are older ones.
        limit: query.limit + 1,
        before: query.before === undefined ? undefined : Number(query.before),
        states: query.state,
        runTypes: query.run_type,
        runAfter: toInstantRange(query, 'run_after'),
      });
      if (runs.length === 0) await getDag(database, dagId);
      const shown = runs.slice(0, query.limit);
      const found = await versions.load(shown.map((run) => run.version_key));
      const hasMore = runs.length > shown.length;
      return {
        ...toGrid(dagId, shown, found),
        next_cursor: hasMore ? String(shown.at(-1)?.run_key) : null,
      };
    },
  );
}

function runRoute(app: Api, { database, versions }: RouteContext): void {
  app.get(
    '/ui/runs/:dag_id/:dag_run_id',
    {
      config: { access: 'viewer' },
      schema: {
        params: dagParams.extend({ dag_run_id: z.string() }),
        response: { 200: uiRun },
      },
    },
    async ({ params }) => {
      const run = await getRun(database, params.dag_id, params.dag_run_id);
      const [instances, tries, neighbours, found] = await Promise.all([
        listTaskInstances(database, run.run_key),
        listTriesOfRun(database, run.run_key, MOST_TRIES),
        findNeighbours(database, run),
        versions.load([run.version_key]),
      ]);
      const version = found.get(run.version_key);
      const tasks = version === undefined ? [] : toUiTaskInstances(version, instances, tries);
      const root = findRootCause(tasks);
      const row = root === undefined ? undefined : instances[tasks.indexOf(root.task)];
      const line =
        row === undefined
          ? undefined
          : await findFirstErrorLine(database.logs, {
              runKey: run.run_key,
              ix: row.ix,
              tryNumber: root?.failedTry?.try_number ?? 1,
            });
      const logLine =
        line === undefined ? null : { line: line.line, message: toLogMessage(line.message) };
      return {
        run: toDagRun(run),
        version: run.version_number,
        now: Date.now(),
        previous_run_id: neighbours.previous,
        next_run_id: neighbours.next,
        tasks,
        failure: toFailure({ run, tasks, root, logLine }),
      };
    },
  );
}

function runMarkRoute(app: Api, { database, versions }: RouteContext): void {
  app.get(
    '/ui/runs/:dag_id/:dag_run_id/mark',
    {
      config: { access: 'user' },
      schema: {
        params: dagParams.extend({ dag_run_id: z.string() }),
        querystring: uiRunMarkQuery,
        response: { 200: uiRunMark },
      },
    },
    async ({ params, query: { state } }) => {
      const run = await getRun(database, params.dag_id, params.dag_run_id);
      const [rows, found] = await Promise.all([
        listTaskInstances(database, run.run_key),
        versions.load([run.version_key]),
      ]);
      return toRunMark(run, rows, { version: found.get(run.version_key), state });
    },
  );
}
