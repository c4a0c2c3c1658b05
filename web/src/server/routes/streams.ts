import type { FastifyInstance } from 'fastify';

import type { StreamCollection } from '../../contract/index.ts';
import type { WebContext } from '../app.ts';
import { toStream } from '../read-models/stream.ts';

/** Lag of every stream, in records and seconds. */
export function streamRoutes(app: FastifyInstance, { runs }: WebContext): void {
  app.get(
    '/api/v2/streams',
    { config: { access: 'viewer' } },
    async (): Promise<StreamCollection> => {
      const streams = await runs.listStreams();
      return { streams: streams.map(toStream), total_entries: streams.length };
    },
  );
}
