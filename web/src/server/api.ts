import type { Database, DagVersions, RunCommands } from '@tidegate/engine/server';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';

import type { Access } from './access.ts';
import type { EventFeed } from './events/event-feed.ts';

export interface WebConfig {
  readonly host: string;
  /** Names besides loopback this server answers for. */
  readonly allowedHosts: readonly string[];
  readonly version: string;
  /** Between two signs of life on an event stream, when its session is looked at again too. (Default: 15000) */
  readonly keepAliveMs?: number;
  /** Checks every answer against its schema; for tests. (Default: false) */
  readonly checksAnswers?: boolean;
}

/** What the server is built on. */
export interface WebContext {
  readonly config: WebConfig;
  readonly database: Database;
  readonly runs: RunCommands;
  readonly access: Access;
}

/** What the routes work with. */
export interface RouteContext extends WebContext {
  readonly versions: DagVersions;
  readonly events: EventFeed;
}

/** The server as routes see it: what they declare as schema is what they get. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
