export { Access, DEFAULT_PASSWORD } from './access.ts';
export type { WebConfig, WebContext } from './api.ts';
export { createWebApp } from './app.ts';
export { isLoopback } from './guard.ts';
