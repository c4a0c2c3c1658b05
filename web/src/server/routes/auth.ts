import type { FastifyInstance } from 'fastify';

import { tokenRequest, type TokenResponse } from '../../contract/index.ts';
import type { WebContext } from '../app.ts';
import { isForwarded, isLoopback } from '../guard.ts';

/** Sign-in, as Airflow's `/auth/token` and `/auth/token/cli`. */
export function authRoutes(app: FastifyInstance, { access, config }: WebContext): void {
  for (const url of ['/auth/token', '/auth/token/cli']) {
    app.post(
      url,
      { config: { access: 'public' } },
      async (request, reply): Promise<TokenResponse> => {
        const { username, password } = tokenRequest.parse(request.body);
        const isExposed = !isLoopback(config.host) || isForwarded(request);
        const token = await access.signIn(username, password, isExposed);
        void reply.code(201);
        return { access_token: token };
      },
    );
  }
}
