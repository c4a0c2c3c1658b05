import { existsSync, readFileSync } from 'node:fs';

import swaggerUi from '@fastify/swagger-ui';

import type { Api } from './api.ts';
import { CONSOLE_FOLDER, PAGE_POLICY } from './console-assets.ts';

/**
 * Serves `/docs`: every call of the API, to read and to try. The page says nothing `/openapi.json` does not; who
 * has signed in to the console tries calls with that session, others give a token. Call it before `requireAccess`,
 * which would look at its routes before they are marked as public.
 */
export async function apiPage(app: Api): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' };
    });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: `${PAGE_POLICY}; object-src 'none'`,
      theme: { title: 'Tidegate API', js: themeScript() },
      uiConfig: { layout: 'BaseLayout', docExpansion: 'none' },
    });
  });
}

/** Comes with the built console; without it the page is light. */
function themeScript(): { filename: string; content: string }[] {
  const file = `${CONSOLE_FOLDER}api-page-theme.js`;
  if (!existsSync(file)) return [];
  return [{ filename: 'theme.js', content: readFileSync(file, 'utf8') }];
}
