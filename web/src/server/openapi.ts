import swagger from '@fastify/swagger';
import { createJsonSchemaTransform } from 'fastify-type-provider-zod';

import type { Api } from './api.ts';

/** What a call is about, by the first of these its path matches. */
const TAGS: readonly (readonly [RegExp, string])[] = [
  [/^\/ui\//, 'Console'],
  [/^\/auth\//, 'Sign-in and users'],
  [/taskInstances|TaskInstances/, 'Task instances'],
  [/dagRuns/, 'DAG runs'],
  [/^\/api\/v2\/dag/, 'DAGs'],
  [/^\/api\/v2\/streams/, 'Streams'],
  [/^\/api\/v2\/pools/, 'Pools'],
  [/^\/api\/v2\/importErrors/, 'Import errors'],
  [/^\/api\/v2\/eventLogs/, 'Event logs'],
];

const toJsonSchema = createJsonSchemaTransform({ zodToJsonConfig: { unrepresentable: 'any' } });

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
    transform: (input) => {
      const { schema, url } = toJsonSchema(input);
      const access = input.route.config?.access;
      const description = access === 'public' ? 'Needs no sign-in.' : `Needs the role ${access}.`;
      return { schema: { description, ...schema, tags: [tagOf(url)] }, url };
    },
  });
  app.after(() => {
    app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () =>
      app.swagger(),
    );
  });
}

function tagOf(url: string): string {
  return TAGS.find(([path]) => path.test(url))?.[1] ?? 'Monitor';
}
