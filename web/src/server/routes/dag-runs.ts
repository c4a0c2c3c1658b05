import { listRuns, MOST_COUNTED, type RunFilter, type RunOrder } from '@tidegate/engine/server';
import { z } from 'zod';

import {
  type DagRunBatchRequest,
  dagRunBatchRequest,
  dagRunCollection,
  dagRunListQuery,
  type DagRunListQuery,
  dagRunResponse,
} from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { toInstantRange, toOrder } from '../query.ts';
import { toDagRun } from '../read-models/dag-run.ts';
import { getDag, getRun } from './not-found.ts';

const RUNS = '/api/v2/dags/:dag_id/dagRuns';
const dagParams = z.object({ dag_id: z.string() });

const ORDER: Readonly<Record<string, RunOrder>> = {
  id: 'id',
  dag_id: 'dag_id',
  run_id: 'run_id',
  dag_run_id: 'run_id',
  state: 'state',
  run_type: 'run_type',
  logical_date: 'logical_date',
  run_after: 'run_after',
  queued_at: 'queued_at',
  start_date: 'start_date',
  end_date: 'end_date',
  duration: 'duration',
};

/** Runs: lists and one of them. */
export function dagRunRoutes(app: Api, { database }: RouteContext): void {
  const list = async (filter: RunFilter) => {
    const { runs, total } = await listRuns(database, filter);
    return {
      dag_runs: runs.map(toDagRun),
      total_entries: total,
      total_entries_limit: MOST_COUNTED,
    };
  };

  app.get(
    RUNS,
    {
      config: { access: 'viewer' },
      schema: {
        params: dagParams,
        querystring: dagRunListQuery,
        response: { 200: dagRunCollection },
      },
    },
    async ({ params: { dag_id: dagId }, query }) => {
      const answer = await list(toFilter(dagId, query));
      // Only an empty answer may be about a DAG that does not exist.
      if (answer.total_entries === 0 && dagId !== '~') await getDag(database, dagId);
      return answer;
    },
  );

  app.post(
    `${RUNS}/list`,
    {
      config: { access: 'viewer', audit: null },
      schema: {
        params: z.object({ dag_id: z.literal('~') }),
        body: dagRunBatchRequest,
        response: { 200: dagRunCollection },
      },
    },
    async ({ body }) => list(toBatchFilter(body)),
  );

  app.get(
    `${RUNS}/:dag_run_id`,
    {
      config: { access: 'viewer' },
      schema: {
        params: dagParams.extend({ dag_run_id: z.string() }),
        response: { 200: dagRunResponse },
      },
    },
    async ({ params }) => toDagRun(await getRun(database, params.dag_id, params.dag_run_id)),
  );
}

type Dates = Parameters<typeof toInstantRange<'run_after'>>[0] &
  Parameters<typeof toInstantRange<'logical_date'>>[0] &
  Parameters<typeof toInstantRange<'start_date'>>[0] &
  Parameters<typeof toInstantRange<'end_date'>>[0];

function toDates(query: Dates) {
  return {
    runAfter: toInstantRange(query, 'run_after'),
    logicalDate: toInstantRange(query, 'logical_date'),
    startDate: toInstantRange(query, 'start_date'),
    endDate: toInstantRange(query, 'end_date'),
  };
}

function toFilter(dagId: string, query: DagRunListQuery): RunFilter {
  return {
    ...toDates(query),
    dagIds: dagId === '~' ? undefined : [dagId],
    states: query.state,
    runTypes: query.run_type,
    dagIdPattern: query.dag_id_pattern,
    runIdPattern: query.run_id_pattern,
    userPattern: query.triggering_user_name_pattern,
    order: toOrder(query.order_by, ORDER),
    limit: query.limit,
    offset: query.offset,
  };
}

function toBatchFilter(body: DagRunBatchRequest): RunFilter {
  return {
    ...toDates(body),
    dagIds: body.dag_ids ?? undefined,
    states: body.states ?? undefined,
    order: body.order_by == null ? undefined : toOrder([body.order_by], ORDER),
    limit: body.page_limit,
    offset: body.page_offset,
  };
}
