/**
 * Entry of a task process. It lives as long as its channel: the supervisor starts it, tells it what to run,
 * and ends it; when the supervisor is gone, so is it.
 */

import { taskLost, taskTimedOut } from '@tidegate/engine/dag';
import { openTopicLog, type TopicLog, type TopicLogConfig } from '@tidegate/engine/topic-log';
import { startTracing } from '@tidegate/engine/tracing';

import { createSecretMask } from '../secret-mask.ts';
import { createTaskInvoker } from './invoke-from-bundle.ts';
import { installLastWords } from './last-words.ts';
import { parseBatch } from './message-batch.ts';
import type { AbortMessage, ProcessSettings, RunMessage, ToProcess } from './messages.ts';
import { createOutbox } from './outbox.ts';
import { RecentConnections } from './recent-connections.ts';
import { runTask, type TaskServices } from './run-task.ts';
import { captureStandardStreams } from './task-scope.ts';
import { TaskSlots } from './task-slots.ts';
import { refuseTopicLog } from './task-source.ts';
import { startWatchdog } from './watchdog.ts';

/** How often a busy process says how much memory it has. */
const MEMORY_MS = 1_000;

interface AbortableTask extends RunMessage {
  readonly abort: AbortController;
}

const aborts = new Map<number, AbortController>();
const mask = createSecretMask();
const write = (text: string, done: () => void): void => {
  if (process.send === undefined || !process.connected) done();
  else process.send(text, undefined, undefined, done);
};
const outbox = createOutbox(write);
let slots: TaskSlots<AbortableTask> | undefined;
let memoryToldAt = 0;

function onMessage(message: ToProcess): void {
  switch (message.kind) {
    case 'init':
      slots = createSlots(message.settings);
      void startTracing('task');
      outbox.tell({ kind: 'ready' });
      return;
    case 'abort':
      aborts.get(message.handle)?.abort(abortReason(message));
      slots?.stop(message.handle);
      return;
    case 'give_back':
      giveBack(message.handle);
      return;
    case 'run': {
      const abort = new AbortController();
      aborts.set(message.handle, abort);
      slots?.take({ ...message, abort });
      return;
    }
  }
}

/** What `invokeTask` reads the outcome of an aborted try from. */
function abortReason({ reason, timeoutMs }: AbortMessage): Error {
  return timeoutMs === null ? taskLost(reason) : taskTimedOut(timeoutMs);
}

function createSlots(settings: ProcessSettings): TaskSlots<AbortableTask> {
  const services = createServices(settings);
  return new TaskSlots({
    slots: settings.slots,
    run: (task) => run(task, services),
    tellStarted: (tasks, then) => {
      for (const { handle } of tasks) outbox.tell({ kind: 'started', handle });
      outbox.flushThen(then);
    },
  });
}

function giveBack(handle: number): void {
  if (slots?.giveBack(handle) !== true) return;
  aborts.delete(handle);
  outbox.tell({ kind: 'given_back', handle });
}

async function run(task: AbortableTask, services: TaskServices): Promise<void> {
  await runTask(task, services);
  aborts.delete(task.handle);
  tellMemory();
}

function tellMemory(): void {
  const now = performance.now();
  if (now - memoryToldAt < MEMORY_MS) return;
  memoryToldAt = now;
  outbox.tell({ kind: 'memory', rssBytes: process.memoryUsage.rss() });
}

function createServices(settings: ProcessSettings): TaskServices {
  return {
    executionUrl: settings.executionUrl,
    outbox,
    mask,
    openLog: openOnce(settings.topicLog),
    connections: new RecentConnections(),
    invoke: createTaskInvoker(settings.bundleFolder),
  };
}

/** One topic log a process, opened by the first task that reads. A failed opening is tried again. */
function openOnce(config: TopicLogConfig | null): () => Promise<TopicLog> {
  let opened: Promise<TopicLog> | undefined;
  return async () => {
    if (config === null) refuseTopicLog();
    opened ??= openTopicLog(config).catch((err: unknown) => {
      opened = undefined;
      throw err;
    });
    return opened;
  };
}

startWatchdog();
// Bundles carry source maps: stacks name the author's files and lines.
process.setSourceMapsEnabled(true);
captureStandardStreams();
installLastWords({
  mask,
  say: (message, then) => {
    slots?.close();
    outbox.flush();
    write(JSON.stringify([message]), then);
  },
});
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
process.on('message', (text) => {
  (parseBatch(text) as ToProcess[]).forEach(onMessage);
});
// A terminal's ctrl-C reaches the supervisor too; the supervisor decides when tasks stop.
process.on('SIGINT', () => undefined);
