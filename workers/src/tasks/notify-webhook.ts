import type { Notifier } from '@tidegate/engine/dag';

/** A callback that posts what happened, as JSON, to the address of an `http` connection. */
export function notifyWebhook(connection: string): Notifier {
  return { kind: 'notifier', type: 'webhook', options: { connection } };
}
