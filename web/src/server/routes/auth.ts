import { tokenRequest, tokenResponse } from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { signIn } from './sign-in.ts';

/** Tokens for programs, as Airflow's `/auth/token` and `/auth/token/cli`. */
export function authRoutes(app: Api, context: RouteContext): void {
  for (const url of ['/auth/token', '/auth/token/cli']) {
    app.post(
      url,
      {
        config: { access: 'public' },
        schema: { body: tokenRequest, response: { 201: tokenResponse } },
      },
      async (request, reply) => {
        const { username } = await signIn(context, request, request.body);
        const token = await context.access.issueToken(username, 'sign-in');
        return reply.code(201).send({ access_token: token });
      },
    );
  }
}
