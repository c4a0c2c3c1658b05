import type { ServerResponse } from 'node:http';

import { type UiChanges, uiEventsQuery } from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { authenticate } from '../authorization.ts';
import { WebError } from '../errors.ts';
import type { FeedEvent } from '../events/event-buffer.ts';
import { ofDags } from '../events/to-changes.ts';

const KEEP_ALIVE_MS = 15_000;
/** A reader that has this much unread is cut off; it comes back by its last id. */
const MOST_UNREAD_BYTES = 1024 * 1024;
const MOST_READERS = 200;

/** `GET /ui/events`: what happens, as it happens. */
export function eventRoutes(app: Api, { access, config, events }: RouteContext): void {
  app.get(
    '/ui/events',
    { config: { access: 'viewer' }, schema: { querystring: uiEventsQuery } },
    async (request, reply) => {
      if (events.size >= MOST_READERS) {
        throw new WebError('TOO_MANY_STREAMS', `${MOST_READERS} event streams are open already`);
      }
      const { dag_id: dagIds, last_event_id: given } = request.query;
      const header = request.headers['last-event-id'];
      const lastId = typeof header === 'string' ? header : given;
      reply.hijack();
      const stream = openStream(reply.raw);
      const send = toSender(stream, dagIds);
      try {
        const leave = await events.subscribe(send, { lastId, end: () => stream.end() });
        const timer = setInterval(() => {
          stream.write(':\n\n');
          authenticate(request, access).catch(() => stream.end());
        }, config.keepAliveMs ?? KEEP_ALIVE_MS);
        const close = (): void => {
          clearInterval(timer);
          leave();
        };
        stream.once('close', close);
        if (stream.closed || stream.destroyed) close();
      } catch {
        // The database is away: the reader comes back by itself.
        stream.end();
      }
    },
  );
}

function openStream(stream: ServerResponse): ServerResponse {
  stream.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    connection: 'keep-alive',
  });
  stream.write('retry: 2000\n\n');
  return stream;
}

function toSender(
  stream: ServerResponse,
  dagIds: readonly string[] | undefined,
): (event: FeedEvent) => void {
  const wanted = dagIds === undefined ? undefined : new Set(dagIds);
  const textOf = ({ name, data, text }: FeedEvent): string | undefined => {
    if (wanted === undefined || name !== 'changes') return text;
    const own = ofDags(data as UiChanges, wanted);
    return own === undefined ? undefined : JSON.stringify(own);
  };
  return (event) => {
    const text = textOf(event);
    if (text === undefined || stream.writableEnded) return;
    // Before it is written: one large event alone is nobody's fault.
    if (stream.writableLength > MOST_UNREAD_BYTES) stream.destroy();
    else stream.write(`id: ${event.id}\nevent: ${event.name}\ndata: ${text}\n\n`);
  };
}
