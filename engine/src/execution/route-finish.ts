import type { FastifyInstance } from 'fastify';

import { failpoint } from '../platform/failpoint.ts';
import type { Report } from '../state/flush-batch.ts';
import { parseBody } from './access.ts';
import {
  EXECUTION_ROUTES,
  finishRequestSchema,
  type FinishRequest,
  type FinishResponse,
} from './contract.ts';
import type { ExecutionOptions } from './execution-plugin.ts';
import { judgeKilled } from './judge-killed.ts';

/** Answered after the commit. Free slots may bring back new grants with the answer. */
export function routeFinish(app: FastifyInstance, options: ExecutionOptions): void {
  const { scheduler, database, clock } = options;
  app.post(EXECUTION_ROUTES.finish, async (request, reply): Promise<FinishResponse> => {
    const body = parseBody(finishRequestSchema, request.body);
    const offMs = clockOffMs(body, clock.now());
    failpoint('finish.received');
    // Results of a session that was taken over are judged by their tokens; it only gets nothing new.
    const sessionKey = await scheduler.sessions.keyOf(body);
    const demand =
      sessionKey === null || body.slots === 0
        ? null
        : { sessionKey, queues: new Set(body.queues), slots: body.slots };
    const results = await judgeKilled(database, body.results, options.mostKills);
    const answer = await scheduler.flusher.report(
      results.map((result) => toReport(result, offMs)),
      demand,
    );
    failpoint('finish.before-answer');
    if (reply.raw.destroyed) scheduler.flusher.takeBack(answer.grants);
    return { results: answer.verdicts, grants: answer.grants };
  });
}

function clockOffMs({ sentAt }: FinishRequest, nowMs: number): number {
  const offMs = sentAt === undefined ? 0 : nowMs - Date.parse(sentAt);
  return Number.isNaN(offMs) ? 0 : offMs;
}

function toReport(result: FinishRequest['results'][number], offMs: number): Report {
  const endMs = Date.parse(result.endedAt);
  const startMs = Date.parse(result.startedAt);
  return {
    runKey: result.task.runKey,
    ix: result.task.ix,
    tryNumber: result.task.tryNumber,
    token: result.task.token,
    outcome: result.outcome,
    startMs: Number.isNaN(startMs) ? null : startMs,
    endMs: Number.isNaN(endMs) ? 0 : endMs,
    clockOffMs: offMs,
  };
}
