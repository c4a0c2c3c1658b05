import {
  type DagOrder,
  type Database,
  listDags,
  listDagTags,
  listRuns,
} from '@tidegate/engine/server';
import { z } from 'zod';

import {
  dagCollection,
  dagDetailsResponse,
  dagListQuery,
  type DagListQuery,
  dagPatch,
  dagResponse,
  dagTagCollection,
} from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { toOrder } from '../query.ts';
import { toDag, toDagDetails } from '../read-models/dag.ts';
import { dagNotFound, getDag } from './not-found.ts';

const DAG = '/api/v2/dags/:dag_id';
const dagParams = z.object({ dag_id: z.string() });

export const DAG_ORDER: Readonly<Record<string, DagOrder>> = {
  dag_id: 'dag_id',
  dag_display_name: 'dag_id',
  next_dagrun: 'next_run_after',
  last_run_start_date: 'last_run_start',
};

export function dagRoutes(app: Api, { database, runs }: RouteContext): void {
  app.get(
    '/api/v2/dags',
    {
      config: { access: 'viewer' },
      schema: { querystring: dagListQuery, response: { 200: dagCollection } },
    },
    async ({ query }) => {
      const { dags, total } = await listDags(database, toFilter(query));
      return { dags: dags.map(toDag), total_entries: total };
    },
  );

  app.get(
    DAG,
    { config: { access: 'viewer' }, schema: { params: dagParams, response: { 200: dagResponse } } },
    async ({ params }) => toDag(await getDag(database, params.dag_id)),
  );

  app.get(
    `${DAG}/details`,
    {
      config: { access: 'viewer' },
      schema: { params: dagParams, response: { 200: dagDetailsResponse } },
    },
    async ({ params: { dag_id: dagId } }) => {
      const dag = await getDag(database, dagId);
      return toDagDetails(dag, await countActiveRuns(database, dagId));
    },
  );

  app.patch(
    DAG,
    {
      config: { access: 'user', audit: 'patch_dag' },
      schema: { params: dagParams, body: dagPatch, response: { 200: dagResponse } },
    },
    async ({ params: { dag_id: dagId }, body: { is_paused: isPaused } }) => {
      if (!(await runs.setPaused(dagId, isPaused))) throw dagNotFound(dagId);
      return toDag(await getDag(database, dagId));
    },
  );

  app.get(
    '/api/v2/dagTags',
    { config: { access: 'viewer' }, schema: { response: { 200: dagTagCollection } } },
    async () => {
      const tags = await listDagTags(database);
      return { tags, total_entries: tags.length };
    },
  );
}

/** Runs of a DAG that are queued or running. */
export async function countActiveRuns(database: Database, dagId: string): Promise<number> {
  const live = { dagIds: [dagId], states: ['queued', 'running'], limit: 0, offset: 0 };
  return (await listRuns(database, live)).total;
}

function toFilter(query: DagListQuery) {
  return {
    pattern: query.dag_id_pattern ?? query.dag_display_name_pattern,
    paused: query.paused,
    tags: query.tags,
    allTags: query.tags_match_mode === 'all',
    owners: query.owners,
    withStale: !query.exclude_stale,
    hasImportError: query.has_import_errors,
    lastRunState: query.last_dag_run_state,
    order: toOrder(query.order_by, DAG_ORDER),
    limit: query.limit,
    offset: query.offset,
  };
}
