import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createTestContext } from '../testing/test-context.ts';
import { createTestSource } from '../testing/test-records.ts';
import { toTestRun } from '../testing/test-options.ts';
import {
  defineDag,
  FailTask,
  findTask,
  invokeTask,
  SkipTask,
  taskLost,
  taskTimedOut,
  type DagBuilder,
  type TaskContext,
  type TaskDefinition,
  type TaskOutcome,
} from './index.ts';

function contextOf(signal: AbortSignal, params: unknown = {}): TaskContext {
  return createTestContext({
    ...{ taskId: 'a', tryNumber: 1, input: {}, params, signal, logs: [] },
    run: toTestRun('d', 0, {}),
    source: createTestSource(null, [], 0),
    allowedConnections: null,
    services: { connections: {}, variables: {} },
  });
}

function taskOf(build: (builder: DagBuilder<never>) => void): TaskDefinition {
  return findTask({ dag: defineDag({ id: 'd' }, build as never) }, 'dag', 'a');
}

const idle = new AbortController().signal;
const invoke = (task: TaskDefinition, elapsedMs = 0): Promise<TaskOutcome> =>
  invokeTask(task, contextOf(idle), { elapsedMs });
const invokeRun = (run: () => unknown): Promise<TaskOutcome> =>
  invoke(taskOf(({ task }) => void task('a', run as () => null)));

describe('what a task returns', () => {
  it('is its output, plain or promised; nothing is null', async () => {
    expect(await invokeRun(() => ({ a: [1] }))).toEqual({ kind: 'success', output: { a: [1] } });
    expect(await invokeRun(() => Promise.resolve('x'))).toEqual({ kind: 'success', output: 'x' });
    expect(await invokeRun(() => undefined)).toEqual({ kind: 'success', output: null });
  });

  it('is a copy: what happens to the object later does not show', async () => {
    const rows = [1];
    const outcome = await invokeRun(() => rows);
    rows.push(2);
    expect(outcome).toEqual({ kind: 'success', output: [1] });
  });

  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  let deep: unknown = 1;
  for (let i = 0; i < 10_000; i += 1) deep = [deep];
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['BigInt', { rows: [{ id: 1n }] }, 'the output.rows[0].id is a BigInt'],
    ['NaN', { a: NaN }, 'the output.a is NaN'],
    ['Infinity', -Infinity, 'the output is -Infinity'],
    ['-0', -0, 'the output is -0'],
    ['Map', { a: new Map() }, 'the output.a is a Map'],
    ['Date', new Date(0), 'the output is a Date'],
    ['Buffer', Buffer.from('a'), 'the output is a Buffer'],
    [
      'class instance',
      new (class Point {
        x = 1;
      })(),
      'the output is a Point',
    ],
    ['function', { f: () => 1 }, 'the output.f is a function'],
    ['symbol', Symbol('a'), 'the output is a symbol'],
    ['symbol key', { [Symbol('a')]: 1 }, 'the output is an object with the key Symbol(a)'],
    ['circular', circular, 'the output.self is a reference back'],
    ['undefined in an array', [1, undefined], 'the output[1] is undefined'],
    ['a hole', [1, , 2], 'the output[1] is undefined'],
    ['NUL', { a: 'x\0' }, 'the output.a is text with a NUL'],
    ['lone surrogate', '\ud800', 'the output is text with half a surrogate pair'],
    ['__proto__', JSON.parse('{"__proto__": 1}'), `the output is the key '__proto__'`],
    ['deep', deep, 'nested more than 1000 levels'],
    ['a promise inside', { a: Promise.resolve(1) }, 'the output.a is a Promise'],
    ['an iterator', [1].values(), 'the output is a'],
  ];
  it.each(cases)('is refused by place without a retry: %s', async (_, value, message) => {
    const outcome = await invokeRun(() => value);
    expect(outcome).toMatchObject({
      ...{ kind: 'failed', retriable: false, error: { code: 'OUTPUT_NOT_JSON' } },
    });
    expect(outcome.kind === 'failed' && outcome.error.message).toContain(message);
  });

  it('may be 1 MiB and no more, however it is large', async () => {
    const bytes = 1_048_576 - 2;
    expect((await invokeRun(() => 'x'.repeat(bytes))).kind).toBe('success');
    for (const value of [
      'x'.repeat(bytes + 1),
      'ü'.repeat(bytes / 2 + 1),
      new Array(6e5).fill(1),
    ]) {
      expect(await invokeRun(() => value)).toMatchObject({
        ...{ kind: 'failed', retriable: false, error: { code: 'OUTPUT_TOO_LARGE' } },
      });
    }
  });

  it('drops undefined properties, keeps null prototypes and shared references', async () => {
    const shared = { n: 1 };
    const bare = Object.assign(Object.create(null), {
      a: shared,
      b: shared,
      c: undefined,
    }) as object;
    expect(await invokeRun(() => bare)).toEqual({
      ...{ kind: 'success', output: { a: { n: 1 }, b: { n: 1 } } },
    });
  });
});

describe('what a task throws', () => {
  const thrown = (value: unknown): Promise<TaskOutcome> =>
    invokeRun(() => {
      throw value;
    });

  it('skips or fails it by brand, also from another copy of the module', async () => {
    expect(await thrown(new SkipTask('no rows'))).toEqual({ kind: 'skipped', reason: 'no rows' });
    expect(await thrown(new FailTask('bad rows'))).toMatchObject({
      ...{ kind: 'failed', retriable: false, error: { name: 'FailTask', message: 'bad rows' } },
    });
    const foreign = Object.assign(new Error('x'), { [Symbol.for('tidegate.task-signal')]: 'skip' });
    expect(await thrown(foreign)).toEqual({ kind: 'skipped', reason: 'x' });
  });

  it('fails it for a retry, with name, code and stack', async () => {
    const error = Object.assign(new TypeError('no\0 luck'), { code: 23505 });
    const outcome = await thrown(error);
    expect(outcome).toMatchObject({
      kind: 'failed',
      retriable: true,
      error: { name: 'TypeError', message: 'no\ufffd luck', code: '23505' },
    });
    expect(outcome.kind === 'failed' && outcome.error.stack).toContain('invoke-task.test.ts');
  });

  it.each([[undefined], [null], ['text'], [{ message: 'no error' }], [7]])(
    'may be no Error: %j',
    async (value) => {
      expect(await thrown(value)).toMatchObject({ kind: 'failed', retriable: true });
    },
  );

  it('is cut when its text is endless', async () => {
    const outcome = await thrown(new Error('x'.repeat(1e6)));
    expect(outcome.kind === 'failed' && outcome.error.message.length).toBe(32_768);
  });
});

describe('a branch', () => {
  const branchOf = (answer: unknown): Promise<TaskOutcome> =>
    invoke(
      taskOf(({ task, branch }) => {
        const to = [task('small', () => 1), task('large', () => 1)];
        branch('a', () => answer as null, { to });
      }),
    );

  it('chooses one, several or none', async () => {
    expect(await branchOf('small')).toEqual({
      ...{ kind: 'branched', chosen: ['small'], output: 'small' },
    });
    expect(await branchOf(['large', 'small', 'large'])).toEqual({
      ...{ kind: 'branched', chosen: ['large', 'small'], output: ['large', 'small'] },
    });
    for (const none of [null, undefined, []]) {
      expect(await branchOf(none)).toMatchObject({ kind: 'branched', chosen: [] });
    }
  });

  it.each(['medium', 7, { id: 'small' }, ['small', 'medium']])(
    'may not choose %j',
    async (answer) => {
      expect(await branchOf(answer)).toMatchObject({
        ...{ kind: 'failed', retriable: false, error: { code: 'BRANCH_UNKNOWN' } },
      });
    },
  );

  it('may leave out the groups it is in', async () => {
    const dag = defineDag({ id: 'd' }, ({ group }) => {
      group('g', ({ task, branch }) => {
        const x = task('x', () => 1);
        branch('local', () => 'x', { to: [x] });
        branch('whole', () => 'g.x', { to: [x] });
      });
    });
    for (const id of ['g.local', 'g.whole']) {
      const outcome = await invoke(findTask({ dag }, 'dag', id));
      expect(outcome).toEqual({ kind: 'branched', chosen: ['g.x'], output: 'g.x' });
    }
  });
});

describe('a short circuit', () => {
  const of = (answer: unknown): Promise<TaskOutcome> =>
    invoke(taskOf(({ shortCircuit }) => void shortCircuit('a', () => answer as null)));

  it('goes on when truthy, else cuts', async () => {
    expect(await of(['x'])).toEqual({ kind: 'success', output: ['x'] });
    expect(await of(0)).toEqual({ kind: 'short_circuited', output: 0 });
    expect(await of(undefined)).toEqual({ kind: 'short_circuited', output: null });
  });
});

describe('a sensor', () => {
  const of = (answer: () => unknown, elapsedMs: number, softFail = false): Promise<TaskOutcome> =>
    invoke(
      taskOf(({ sensor }) => {
        sensor('a', answer as () => null, { every: '30s', timeout: '1m', softFail });
      }),
      elapsedMs,
    );

  it('is satisfied by a truthy answer, which is its output, also when the time is over', async () => {
    expect(await of(() => ({ file: 'a' }), 90_000)).toEqual({
      ...{ kind: 'success', output: { file: 'a' } },
    });
  });

  it('looks again later, the last time when the time is over', async () => {
    expect(await of(() => false, 0)).toEqual({ kind: 'rescheduled', afterMs: 30_000 });
    expect(await of(() => undefined, 50_000)).toEqual({ kind: 'rescheduled', afterMs: 10_000 });
  });

  it('then fails without a retry, or is skipped', async () => {
    expect(await of(() => false, 60_000)).toMatchObject({
      ...{ kind: 'failed', retriable: false, error: { code: 'SENSOR_TIMED_OUT' } },
    });
    expect(await of(() => false, 60_000, true)).toMatchObject({ kind: 'skipped' });
  });

  it('that gives up is skipped when it fails softly; an ordinary error is retried', async () => {
    const giveUp = (): never => {
      throw new FailTask('gone');
    };
    const stumble = (): never => {
      throw new Error('network');
    };
    expect(await of(giveUp, 0, true)).toEqual({ kind: 'skipped', reason: 'gone' });
    expect(await of(giveUp, 0)).toMatchObject({ kind: 'failed', retriable: false });
    expect(await of(stumble, 0, true)).toMatchObject({ kind: 'failed', retriable: true });
  });
});

describe('an abort', () => {
  const abortedBy = async (reason: unknown, ending: 'throws' | 'returns'): Promise<TaskOutcome> => {
    const controller = new AbortController();
    const task = taskOf(({ task }) => {
      task('a', async ({ signal }) => {
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve);
          controller.abort(reason);
        });
        if (ending === 'throws') throw new Error('stopped half-way');
        return 'half';
      });
    });
    return invokeTask(task, contextOf(controller.signal));
  };

  it('by timeout fails the try for a retry, even if the task returned something', async () => {
    for (const ending of ['throws', 'returns'] as const) {
      expect(await abortedBy(taskTimedOut(500), ending)).toMatchObject({
        ...{ kind: 'failed', retriable: true, error: { code: 'TASK_TIMED_OUT' } },
      });
    }
  });

  it('by anything else loses the try: no retry is used', async () => {
    expect(await abortedBy(taskLost('worker stops'), 'throws')).toEqual({
      ...{ kind: 'lost', reason: 'worker stops' },
    });
    expect((await abortedBy(undefined, 'returns')).kind).toBe('lost');
  });

  it('before the start: the task is not called', async () => {
    let isCalled = false;
    const task = taskOf(({ task }) => void task('a', () => (isCalled = true)));
    const outcome = await invokeTask(task, contextOf(AbortSignal.abort(taskLost('cleared'))));
    expect([outcome.kind, isCalled]).toEqual(['lost', false]);
  });
});

describe('params', () => {
  it('come parsed, with defaults; what does not fit fails without a retry', async () => {
    const params = z.object({ n: z.coerce.number().default(3) });
    const dag = defineDag({ id: 'd', params }, ({ task }) => void task('a', (c) => c.params.n));
    const of = (given: unknown): Promise<TaskOutcome> =>
      invokeTask(findTask({ dag }, 'dag', 'a'), contextOf(idle, given));
    expect(await of({})).toEqual({ kind: 'success', output: 3 });
    expect(await of({ n: '7' })).toEqual({ kind: 'success', output: 7 });
    expect(await of({ n: 'x' })).toMatchObject({
      ...{ kind: 'failed', retriable: false, error: { code: 'PARAMS_INVALID' } },
    });
  });

  it('of a JSON Schema get its defaults', async () => {
    const params = { type: 'object', properties: { n: { type: 'number', default: 3 } } } as const;
    const dag = defineDag({ id: 'd', params }, ({ task }) => void task('a', (c) => c.params.n));
    const outcome = await invokeTask(findTask({ dag }, 'dag', 'a'), contextOf(idle));
    expect(outcome).toEqual({ kind: 'success', output: 3 });
  });
});
