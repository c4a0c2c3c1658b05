import { expect, test } from 'vitest';

import { grantOf } from '../../../test/worker/sample-grants.ts';
import { judgeDeath } from './death.ts';
import { keyOf, type RunningTask, type Stopping } from './running-task.ts';
import type { ProcessExit } from './task-process-handle.ts';

const EXIT: ProcessExit = { code: null, signal: 'SIGSEGV', dying: null, isOutOfMemory: false };
const ERROR = { name: 'Error', message: 'it was me', code: 'UNCAUGHT_ERROR' };

function running(handle: number, stopping?: Stopping): RunningTask {
  const grant = grantOf('sample.noop');
  return {
    handle,
    grant,
    key: keyOf(grant),
    log: {
      task: keyOf(grant),
      append: () => undefined,
      isSilent: () => false,
      discard: () => undefined,
      flush: () => undefined,
      end: () => undefined,
    },
    hasStarted: true,
    startedAt: '',
    grantedAtMs: 0,
    leaseUntilMs: 0,
    progress: undefined,
    waitingFor: undefined,
    stopping,
    timers: [],
  };
}

const kindsOf = (tasks: readonly RunningTask[], exit: ProcessExit): unknown[] =>
  [...judgeDeath(tasks, exit).values()].map((outcome) => outcome?.kind ?? null);

test('alone in its process, a task has ended it', () => {
  expect(judgeDeath([running(1)], EXIT).get(1)).toMatchObject({
    kind: 'failed',
    retriable: true,
    error: { code: 'PROCESS_EXITED', message: expect.stringContaining('SIGSEGV') as string },
  });
});

test('killed from outside, even the only task is lost, and it is told that it was killed', () => {
  for (const signal of ['SIGKILL', 'SIGTERM']) {
    expect(judgeDeath([running(1)], { ...EXIT, signal }).get(1)).toMatchObject({
      kind: 'lost',
      cause: 'process_killed',
    });
  }
  const outOfMemory: ProcessExit = { ...EXIT, signal: 'SIGKILL', isOutOfMemory: true };
  expect(judgeDeath([running(1)], outOfMemory).get(1)).toMatchObject({
    kind: 'failed',
    error: { code: 'OUT_OF_MEMORY' },
  });
});

test('among others, nobody is blamed without proof', () => {
  expect(kindsOf([running(1), running(2)], EXIT)).toEqual(['lost', 'lost']);
});

test('the process named the task: that one has failed', () => {
  const exit: ProcessExit = { ...EXIT, dying: { kind: 'dying', handle: 2, error: ERROR } };
  const tasks = [running(1), running(2)];
  expect(kindsOf(tasks, exit)).toEqual(['lost', 'failed']);
  expect(judgeDeath(tasks, exit).get(2)).toMatchObject({ error: ERROR });
});

test('killed on account of one task: its own outcome counts, the others are lost', () => {
  const outcome = { kind: 'failed', retriable: true, error: ERROR } as const;
  const stopped = running(1, { reason: 'too long', outcome, timeoutMs: 5 });
  const revoked = running(3, { reason: 'not ours', outcome: null, timeoutMs: null });
  expect(kindsOf([stopped, running(2), revoked], EXIT)).toEqual(['failed', 'lost', null]);
});

test('killed on account of a task that is not ours any more: the one beside it is not blamed', () => {
  const revoked = running(1, { reason: 'not ours', outcome: null, timeoutMs: null });
  expect(kindsOf([revoked, running(2)], EXIT)).toEqual([null, 'lost']);
});
