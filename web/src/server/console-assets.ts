import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Api } from './api.ts';

/** Where `npm run build` puts the console; the same from the sources and from the build. */
export const CONSOLE_FOLDER = fileURLToPath(new URL('../../dist/console/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Only our own scripts run; styles may also be written by them. */
export const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const UNBUILT =
  'The console is not built; the API at /api/v2 works. Build it with `npm run build -w web`, then start again.';

interface Asset {
  readonly body: Buffer;
  readonly gzipped: Buffer;
  readonly type: string;
  readonly etag: string;
  /** Names with a hash of the content never change what they mean. */
  readonly isImmutable: boolean;
}

/**
 * Serves the built console: its files by their exact names, and its page for every other address a browser
 * navigates to (`/dags/orders`). Files are read once at start, so a path can never lead out of the folder.
 */
export function consoleAssets(app: Api): void {
  const assets = readAssets();
  const page = assets.get('/index.html');
  for (const [url, asset] of assets) {
    const options = { config: { access: 'public' }, schema: { hide: true } } as const;
    app.get(url, options, (request, reply) => send(request, reply, asset));
  }
  app.setNotFoundHandler((request, reply) => {
    if (!isNavigation(request)) return reply.code(404).send({ detail: 'Not Found' });
    if (page !== undefined) return send(request, reply.code(200), page);
    return reply.code(503).type('text/plain').send(UNBUILT);
  });
}

function readAssets(): ReadonlyMap<string, Asset> {
  if (!existsSync(CONSOLE_FOLDER)) return new Map();
  const entries = readdirSync(CONSOLE_FOLDER, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [
        `/${path.relative(CONSOLE_FOLDER, file).split(path.sep).join('/')}`,
        readAsset(file),
      ]),
  );
}

function readAsset(file: string): Asset {
  const body = readFileSync(file);
  return {
    body,
    gzipped: gzipSync(body),
    type: TYPES[path.extname(file)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"`,
    isImmutable: path.basename(path.dirname(file)) === 'assets',
  };
}

function isNavigation({ method, headers, url }: FastifyRequest): boolean {
  if (method !== 'GET') return false;
  // A probe that names no type asks for the first page all the same.
  if (/^\/(\?|$)/.test(url)) return true;
  return (
    headers.accept?.includes('text/html') === true &&
    !/^\/(api|ui|auth|execution|assets)\//.test(url)
  );
}

function send(request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply {
  void reply
    .type(asset.type)
    .header('etag', asset.etag)
    .header('vary', 'accept-encoding')
    .header('cache-control', asset.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    .header('content-security-policy', PAGE_POLICY)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'same-origin');
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
  const takesGzip = request.headers['accept-encoding']?.includes('gzip') === true;
  if (!takesGzip) return reply.send(asset.body);
  return reply.header('content-encoding', 'gzip').send(asset.gzipped);
}
