import { Readable } from 'node:stream';

import { readTaskLog } from '@tidegate/engine/server';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

import { type LogMessage, taskLogQuery, taskLogResponse } from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { WebError } from '../errors.ts';
import { isFinished, toLogMessage } from '../read-models/task-instance.ts';
import { findTask, type FoundTask } from './find-task.ts';

const LOGS = '/api/v2/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id/logs/:try_number';
const params = z.object({
  dag_id: z.string(),
  dag_run_id: z.string(),
  task_id: z.string(),
  try_number: z.coerce.number().int(),
});

/** The log of a try: by page, whole, or as lines that stream. */
export function taskLogRoutes(app: Api, { database, versions }: RouteContext): void {
  const pageOf = async (found: FoundTask, tryNumber: number, from: number) => {
    const { row } = found;
    const page = await readTaskLog(
      database.logs,
      { runKey: row.run_key, ix: row.ix, tryNumber },
      from,
    );
    const isEnd = page.lines.length === 0;
    const isOver = isEnd && (isFinished(row.state) || tryNumber < row.try_number);
    return { lines: page.lines.map(toLogMessage), next: page.nextSequence, isEnd, isOver };
  };

  /** Page after page, to what is written now. */
  async function* pagesOf(found: FoundTask, tryNumber: number, from: number) {
    for (let next = from; ;) {
      const page = await pageOf(found, tryNumber, next);
      if (!page.isEnd) yield page;
      if (page.isEnd) return page;
      next = page.next;
    }
  }

  app.get(
    LOGS,
    {
      config: { access: 'viewer' },
      schema: { params, querystring: taskLogQuery, response: { 200: taskLogResponse } },
    },
    async (request, reply) => {
      const { try_number: tryNumber } = request.params;
      const found = await findTask({ database, versions }, request.params);
      if (tryNumber < 1 || tryNumber > found.row.try_number) {
        throw new WebError(
          'NOT_FOUND',
          `There is no try ${tryNumber} of task \`${request.params.task_id}\` in this run`,
        );
      }
      const from = Number(request.query.token ?? 0);
      if (wantsLines(request)) {
        void reply.type('application/x-ndjson').serializer((lines: string) => lines);
        return reply.send(Readable.from(toLines(pagesOf(found, tryNumber, from))) as never);
      }
      if (!request.query.full_content) {
        const page = await pageOf(found, tryNumber, from);
        return { content: page.lines, continuation_token: page.isOver ? null : String(page.next) };
      }
      return readWhole(pagesOf(found, tryNumber, from));
    },
  );
}

interface Page {
  readonly lines: LogMessage[];
  readonly next: number;
  readonly isOver: boolean;
}

async function readWhole(pages: AsyncGenerator<Page, Page>) {
  const content: LogMessage[] = [];
  for (;;) {
    const { value, done } = await pages.next();
    if (done === true) {
      return { content, continuation_token: value.isOver ? null : String(value.next) };
    }
    content.push(...value.lines);
  }
}

async function* toLines(pages: AsyncGenerator<Page, Page>): AsyncGenerator<string> {
  for await (const { lines } of pages) {
    yield lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  }
}

function wantsLines(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('application/x-ndjson') === true;
}
