import { listEvents } from '@tidegate/engine/server';
import { z } from 'zod';

import { eventLogCollection, eventLogListQuery, eventLogResponse } from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { WebError } from '../errors.ts';
import { toOrder } from '../query.ts';
import { toEventLog } from '../read-models/event-log.ts';

const ORDER = { id: 'id', when: 'when' } as const;

/** The audit: who asked for what. */
export function eventLogRoutes(app: Api, { database }: RouteContext): void {
  app.get(
    '/api/v2/eventLogs',
    {
      config: { access: 'op' },
      schema: { querystring: eventLogListQuery, response: { 200: eventLogCollection } },
    },
    async ({ query }) => {
      const { events, total } = await listEvents(database, {
        dagId: query.dag_id,
        runId: query.run_id,
        taskId: query.task_id,
        actor: query.owner,
        event: query.event,
        before: query.before === undefined ? undefined : new Date(query.before),
        after: query.after === undefined ? undefined : new Date(query.after),
        order: toOrder<keyof typeof ORDER>(query.order_by, ORDER),
        limit: query.limit,
        offset: query.offset,
      });
      return { event_logs: events.map(toEventLog), total_entries: total };
    },
  );

  app.get(
    '/api/v2/eventLogs/:event_log_id',
    {
      config: { access: 'op' },
      schema: {
        params: z.object({ event_log_id: z.coerce.number().int().nonnegative() }),
        response: { 200: eventLogResponse },
      },
    },
    async ({ params: { event_log_id: key } }) => {
      const { events } = await listEvents(database, { key, limit: 1, offset: 0 });
      if (events[0] !== undefined) return toEventLog(events[0]);
      throw new WebError('NOT_FOUND', `The Event Log with id: \`${key}\` not found`);
    },
  );
}
