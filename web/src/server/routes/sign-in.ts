import { writeEvent } from '@tidegate/engine/server';
import type { FastifyRequest } from 'fastify';

import type { SessionResponse, TokenRequest } from '../../contract/index.ts';
import type { RouteContext } from '../api.ts';
import { isForwarded, isLoopback } from '../guard.ts';

/** Signs a user in and keeps an audit line either way. Throws as `Access.signIn`. */
export async function signIn(
  { access, config, database }: RouteContext,
  request: FastifyRequest,
  { username, password }: TokenRequest,
): Promise<SessionResponse> {
  const isExposed = !isLoopback(config.host) || isForwarded(request);
  const line = { dagId: null, runId: null, taskId: null, extra: { username, from: request.ip } };
  try {
    const { role } = await access.signIn({ username, password, address: request.ip, isExposed });
    await writeEvent(database, { ...line, event: 'sign_in', actor: username });
    return { username, role };
  } catch (thrown) {
    await writeEvent(database, { ...line, event: 'sign_in_failed', actor: null });
    throw thrown;
  }
}
