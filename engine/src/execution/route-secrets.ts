import type { FastifyInstance, FastifyRequest } from 'fastify';

import { TidegateError } from '../platform/errors.ts';
import { readHolders } from '../store/heartbeats.ts';
import type { Seal } from '../store/sealed.ts';
import { findConnection, findVariable } from '../store/secrets.ts';
import { bearerOf, unauthorized } from './access.ts';
import {
  EXECUTION_ROUTES,
  type ConnectionResponse,
  type TaskKey,
  type VariableResponse,
} from './contract.ts';
import { EXECUTION_ERRORS } from './errors.ts';
import type { ExecutionOptions } from './execution-plugin.ts';

/** Where connections and variables come from: the configuration first, then the tables. */
export interface SecretSources {
  /** By id, upper case: `TIDEGATE_CONN_<ID>` as URI. */
  readonly connections: Readonly<Record<string, string>>;
  /** By id, upper case: `TIDEGATE_VAR_<ID>`. */
  readonly variables: Readonly<Record<string, string>>;
  readonly seal: Seal;
}

/** What a task process asks for itself, with its task token. */
export function routeSecrets(app: FastifyInstance, options: ExecutionOptions): void {
  const { database, secrets } = options;
  app.get<{ Params: { id: string } }>(
    `${EXECUTION_ROUTES.connection}/:id`,
    async (request): Promise<ConnectionResponse> => {
      const task = await holderOf(options, request);
      const { id } = request.params;
      await options.scheduler.cache.load([task.runKey]);
      const declared = options.scheduler.cache.get(task.runKey)?.flow.tasks[task.ix]?.connections;
      const uri = secrets.connections[id.toUpperCase()];
      const found =
        uri === undefined
          ? await findConnection(database, secrets.seal, id)
          : { id, type: typeOf(uri), uri, extra: {} };
      if (found !== undefined && declared?.includes(id) === true) return found;
      throw new TidegateError(
        EXECUTION_ERRORS.connectionUnknown,
        found === undefined
          ? `there is no connection ${id}: set TIDEGATE_CONN_${id.toUpperCase()} or add it in the console`
          : `the task may not use connection ${id}: list it under its \`connections\``,
      );
    },
  );
  app.get<{ Params: { id: string } }>(
    `${EXECUTION_ROUTES.variable}/:id`,
    async (request): Promise<VariableResponse> => {
      await holderOf(options, request);
      const { id } = request.params;
      const value =
        secrets.variables[id.toUpperCase()] ?? (await findVariable(database, secrets.seal, id));
      if (value !== undefined) return { id, value };
      throw new TidegateError(
        EXECUTION_ERRORS.variableUnknown,
        `there is no variable ${id}: set TIDEGATE_VAR_${id.toUpperCase()} or add it in the console`,
      );
    },
  );
}

/** The try a request speaks for, if it still holds its task instance. */
async function holderOf(options: ExecutionOptions, request: FastifyRequest): Promise<TaskKey> {
  const task = options.scheduler.taskTokens.read(bearerOf(request));
  if (task === null) throw unauthorized();
  const holders = await readHolders(options.database, [task]);
  if (holders.get(task.token) === 'running') return task;
  throw new TidegateError(
    EXECUTION_ERRORS.tryOver,
    'this try is over: it was cleared, marked, or its worker lost the lease',
  );
}

/** `postgres://…` → `postgres`. */
function typeOf(uri: string): string {
  const scheme = uri.slice(0, uri.indexOf(':')).toLowerCase();
  return scheme === 'postgresql' ? 'postgres' : scheme;
}
