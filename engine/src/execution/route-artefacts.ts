import { createHash } from 'node:crypto';

import type { FastifyInstance } from 'fastify';

import { TidegateError } from '../platform/errors.ts';
import { readArtefact, saveArtefact } from '../store/artefacts.ts';
import { EXECUTION_ROUTES } from './contract.ts';
import { EXECUTION_ERRORS } from './errors.ts';
import type { ExecutionOptions } from './execution-plugin.ts';

const MOST_BYTES = 64 * 1_048_576;

/** Bundles by content hash (SHA-256, hex): written once, never changed. */
export function routeArtefacts(app: FastifyInstance, options: ExecutionOptions): void {
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: MOST_BYTES },
    (_request, body, done) => done(null, body),
  );
  app.put<{ Params: { hash: string } }>(
    `${EXECUTION_ROUTES.artefact}/:hash`,
    { bodyLimit: MOST_BYTES },
    async (request, reply) => {
      const { hash } = request.params;
      const data = request.body;
      const own = Buffer.isBuffer(data) ? createHash('sha256').update(data).digest('hex') : '';
      if (!Buffer.isBuffer(data) || own !== hash) {
        throw new TidegateError(
          EXECUTION_ERRORS.artefactBroken,
          `the bytes sent hash to ${own === '' ? 'nothing' : own}, not ${hash}: send application/octet-stream again`,
        );
      }
      await saveArtefact(options.database, hash, data);
      return reply.code(204).send();
    },
  );
  app.get<{ Params: { hash: string } }>(
    `${EXECUTION_ROUTES.artefact}/:hash`,
    async (request, reply) => {
      const data = await readArtefact(options.database, request.params.hash);
      if (data === undefined) {
        throw new TidegateError(
          EXECUTION_ERRORS.artefactUnknown,
          `there is no bundle ${request.params.hash}: register its DAG again`,
        );
      }
      return reply
        .header('content-type', 'application/octet-stream')
        .header('cache-control', 'public, max-age=31536000, immutable')
        .send(data);
    },
  );
}
