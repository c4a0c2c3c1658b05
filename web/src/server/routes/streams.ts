import { streamCollection } from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { toStream } from '../read-models/stream.ts';

/** Lag of every stream, in records and seconds. */
export function streamRoutes(app: Api, { runs }: RouteContext): void {
  app.get(
    '/api/v2/streams',
    { config: { access: 'viewer' }, schema: { response: { 200: streamCollection } } },
    async () => {
      const streams = await runs.listStreams();
      return { streams: streams.map(toStream), total_entries: streams.length };
    },
  );
}
