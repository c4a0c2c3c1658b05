import swagger from '@fastify/swagger';
import { createJsonSchemaTransform } from 'fastify-type-provider-zod';

import type { Api } from './api.ts';

/** Serves `/openapi.json`, made of the schemas that validate requests. Call it before routes are added. */
export async function describeApi(app: Api, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tidegate',
        version,
        description:
          "`/api/v2` has the paths and shapes of Airflow 3's public API; fields named `tidegate_…` are ours. " +
          '`/ui` serves the console and changes with it.',
      },
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: { unrepresentable: 'any' } }),
  });
  app.after(() => {
    app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () =>
      app.swagger(),
    );
  });
}
