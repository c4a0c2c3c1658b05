export {
  consumeBullmqQueues,
  type QueueConsumer,
  type QueueConsumerOptions,
} from './bullmq/bullmq-consumer.ts';
export { QUEUE_ERRORS } from './errors.ts';
export type { QueuedTask } from './task-queue.ts';
