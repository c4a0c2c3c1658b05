export { notifyWebhook } from './notify-webhook.ts';
export { runSql, type RunSqlOptions } from './run-sql.ts';
