import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';

import { Frame } from './frame/Frame.tsx';
import { NotFound } from './page/NotFound.tsx';
import { Crashed } from './page/Crashed.tsx';
import { SignIn } from './page/sign-in/SignIn.tsx';
import { text, oneOf, whole } from './search-params.ts';

const root = createRootRoute({ notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search) => ({ ...text(search, 'to') }),
  component: SignIn,
});

/** Everything but signing in has the frame around it. */
const framed = createRoute({ getParentRoute: () => root, id: 'framed', component: Frame });

const home = createRoute({
  getParentRoute: () => framed,
  path: '/',
  component: lazyRouteComponent(() => import('./page/home/Home.tsx'), 'Home'),
});

const dags = createRoute({
  getParentRoute: () => framed,
  path: '/dags',
  validateSearch: (search) => ({
    ...text(search, 'q'),
    ...oneOf(search, 'show', ['failed', 'running', 'paused'] as const),
    ...text(search, 'trigger'),
  }),
  component: lazyRouteComponent(() => import('./page/dags/DagList.tsx'), 'DagList'),
});

export const DAG_TABS = ['grid', 'runs', 'tasks'] as const;

const dag = createRoute({
  getParentRoute: () => framed,
  path: '/dags/$dagId',
  validateSearch: (search) => ({
    ...oneOf(search, 'tab', DAG_TABS),
    ...text(search, 'q'),
    ...oneOf(search, 'rows', ['failed'] as const),
    ...text(search, 'run'),
    ...text(search, 'task'),
    ...text(search, 'trigger'),
  }),
  component: lazyRouteComponent(() => import('./page/dag/DagPage.tsx'), 'DagPage'),
});

export const RUN_TABS = ['failure', 'logs', 'tasks', 'params'] as const;

const run = createRoute({
  getParentRoute: () => framed,
  path: '/dags/$dagId/runs/$runId',
  validateSearch: (search) => ({
    ...oneOf(search, 'tab', RUN_TABS),
    ...text(search, 'task'),
    ...whole(search, 'try'),
    ...text(search, 'q'),
    ...oneOf(search, 'level', ['info', 'warn', 'error'] as const),
    ...text(search, 'with'),
    ...oneOf(search, 'do', ['cancel'] as const),
  }),
  component: lazyRouteComponent(() => import('./page/run/RunPage.tsx'), 'RunPage'),
});

const runs = createRoute({
  getParentRoute: () => framed,
  path: '/runs',
  validateSearch: (search) => ({
    ...text(search, 'dag'),
    ...oneOf(search, 'state', ['queued', 'running', 'success', 'failed'] as const),
    ...oneOf(search, 'type', ['scheduled', 'manual', 'backfill', 'asset_triggered'] as const),
  }),
  component: lazyRouteComponent(() => import('./page/runs/RunList.tsx'), 'RunList'),
});

const streams = createRoute({
  getParentRoute: () => framed,
  path: '/streams',
  component: lazyRouteComponent(() => import('./page/streams/StreamList.tsx'), 'StreamList'),
});

const stream = createRoute({
  getParentRoute: () => framed,
  path: '/streams/$dagId/$topic',
  component: lazyRouteComponent(() => import('./page/streams/StreamPage.tsx'), 'StreamPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    framed.addChildren([home, dags, dag, run, runs, streams, stream]),
  ]),
  defaultPreload: 'intent',
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Crashed,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
