import { declaring, histogram } from '@tidegate/engine/metrics';
import { metricsPort } from '@tidegate/engine/platform';
import type { FastifyInstance } from 'fastify';

const metrics = declaring(() => ({
  duration: histogram({
    name: 'tidegate_http_request_duration_seconds',
    help: 'Seconds from request to answer, by route template; streams of events are not counted',
    labels: ['method', 'route', 'status'],
  }),
}));

/** Counts answered requests. Routes are templates and statuses classes, so that no id becomes a label. */
export function countRequests(app: Pick<FastifyInstance, 'addHook'>): void {
  if (metricsPort === undefined) return;
  const { duration } = metrics();
  app.addHook('onResponse', (request, reply, done) => {
    const type = String(reply.getHeader('content-type') ?? '');
    if (!type.startsWith('text/event-stream')) {
      const labels = {
        method: METHODS.has(request.method) ? request.method : 'other',
        route: request.routeOptions.url ?? 'unknown',
        status: `${Math.floor(reply.statusCode / 100)}xx`,
      };
      duration.observe(labels, reply.elapsedTime / 1_000);
    }
    done();
  });
}

const METHODS = new Set(['GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']);
