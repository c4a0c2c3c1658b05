export { Access, DEFAULT_PASSWORD } from './access.ts';
export { createWebApp, type WebConfig, type WebContext } from './app.ts';
export { isLoopback } from './guard.ts';
