import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import {
  assets,
  cron,
  dates,
  defineDag,
  every,
  findTask,
  hashDag,
  isDag,
  onRecords,
  once,
  serializeDag,
  topic,
  type Dag,
  type DagBuilder,
  type DagOptions,
  type TaskRef,
} from './index.ts';

const one = (): number => 1;

function build(make: (builder: DagBuilder<never>) => void, options: Partial<DagOptions> = {}): Dag {
  return defineDag({ id: 'd', ...options }, make as never);
}

/** What JavaScript, or a cast, would hand over. */
function untyped(options: object): Dag {
  return defineDag({ id: 'd', ...options }, () => undefined);
}

/** As an author may pass it: a function that returns something fits one that returns nothing. */
const promising: () => unknown = () => Promise.resolve();

const codeOf = (make: () => unknown): unknown => {
  try {
    make();
    return 'accepted';
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

const messageOf = (make: () => unknown): string => {
  try {
    make();
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a DAG as data', () => {
  it('lists tasks upstream first, whatever the order of declaration, with sorted upstreams', () => {
    const dag = build(({ task }) => {
      const c = task('c', one);
      const b = task('b', one, { before: c });
      task('a', one, { before: [b, c] });
    });
    const { tasks } = serializeDag(dag);
    expect(tasks.map(({ id, upstream }) => [id, upstream])).toEqual([
      ['a', []],
      ['b', ['a']],
      ['c', ['a', 'b']],
    ]);
  });

  it('fills in every default', () => {
    const dag = build(({ task }) => void task('a', one));
    expect(serializeDag(dag)).toEqual({
      ...{ formatVersion: 1, id: 'd', schedule: { kind: 'none' }, source: null },
      ...{ startDate: null, endDate: null, catchup: false },
      ...{ maxActiveRuns: 16, maxActiveTasks: 16, runTimeoutMs: null },
      ...{ tags: [], owner: null, description: null, docs: null, paramsSchema: null },
      tasks: [
        {
          ...{ id: 'a', kind: 'task', group: [], upstream: [], input: {} },
          ...{ triggerRule: 'all_success', retries: 0, retryDelayMs: 30_000 },
          ...{ retryBackoff: 'constant', maxRetryDelayMs: null, timeoutMs: null },
          ...{ pool: 'default_pool', poolSlots: 1, queue: 'default', priority: 1 },
          ...{ isolation: 'shared', connections: [], to: [], sensor: null },
        },
      ],
    });
  });

  it('gives equal text and hash to equal DAGs, another to others', () => {
    const make = (retries: number): string =>
      hashDag(serializeDag(build(({ task }) => void task('a', one, { retries }))));
    expect(make(1)).toBe(make(1));
    expect(make(1)).not.toBe(make(2));
  });

  it('lets a task’s options win over defaults', () => {
    const defaults = { retries: 2, timeout: '5m', connections: ['dw'], pool: 'p' } as const;
    const dag = build(
      ({ task, sensor }) => {
        task('a', one);
        task('b', one, { retries: 0, timeout: '1s', connections: [], pool: 'q' });
        sensor('c', () => true, { every: '5s', timeout: '1h', softFail: true });
      },
      { defaults },
    );
    const [a, b, c] = serializeDag(dag).tasks;
    expect(a).toMatchObject({ retries: 2, timeoutMs: 300_000, connections: ['dw'], pool: 'p' });
    expect(b).toMatchObject({ retries: 0, timeoutMs: 1_000, connections: [], pool: 'q' });
    expect(c).toMatchObject({
      timeoutMs: 300_000,
      sensor: { everyMs: 5_000, timeoutMs: 3_600_000, softFail: true },
    });
  });

  it('serializes every schedule', () => {
    const of = (schedule: DagOptions['schedule']): unknown =>
      serializeDag(untyped({ schedule, source: topic('t') })).schedule;
    expect(of(null)).toEqual({ kind: 'none' });
    expect(of(once())).toEqual({ kind: 'once' });
    expect(of(every('5s'))).toEqual({ kind: 'every', everyMs: 5_000 });
    expect(of(cron(' 0  2 * * * '))).toEqual({
      ...{ kind: 'cron', expression: '0 2 * * *', timezone: 'UTC' },
    });
    expect(of(onRecords())).toEqual({ kind: 'on_records', withinMs: 500, upTo: 10_000 });
    expect(of(dates(['2026-02-01', '2026-01-01T09:00:00+09:00', '2026-02-01']))).toEqual({
      ...{ kind: 'dates', dates: ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'] },
    });
  });

  it('serializes the source, and runs its ranges one after the other by default', () => {
    const dag = untyped({ source: topic('orders', { maxRecords: 10, startAt: '2026-01-01' }) });
    expect(serializeDag(dag)).toMatchObject({
      maxActiveRuns: 1,
      source: {
        ...{ topic: 'orders', maxRecords: 10, startAt: '2026-01-01T00:00:00.000Z' },
        ...{ emptyRuns: false, onFailedRange: 'block', history: true },
      },
    });
  });

  it('makes JSON Schema of params, from zod and by hand', () => {
    const zod = defineDag(
      { id: 'd', params: z.object({ n: z.number().default(1) }) },
      () => undefined,
    );
    expect(serializeDag(zod).paramsSchema).toMatchObject({
      type: 'object',
      properties: { n: { type: 'number', default: 1 } },
    });
    const schema = { type: 'object', properties: { n: { type: 'number' } } } as const;
    const plain = defineDag({ id: 'd', params: schema }, () => undefined);
    expect(serializeDag(plain).paramsSchema).toEqual(schema);
  });
});

describe('edges', () => {
  it('come from input, after, before and to', () => {
    const dag = build(({ task, branch }) => {
      const a = task('a', one);
      const b = task('b', one, { input: { rows: a } });
      const c = task('c', one, { after: b });
      branch('choose', () => 'c', { to: [c], after: [a] });
    });
    const byId = new Map(serializeDag(dag).tasks.map((task) => [task.id, task]));
    expect(byId.get('b')).toMatchObject({ upstream: ['a'], input: { rows: 'a' } });
    expect(byId.get('c')).toMatchObject({ upstream: ['b', 'choose'] });
    expect(byId.get('choose')).toMatchObject({ kind: 'branch', upstream: ['a'], to: ['c'] });
  });

  it('refuse a cycle and name its path', () => {
    const cycle = (): Dag =>
      build(({ task, group }) => {
        const a = task('a', one);
        const b = group('g', (inner) => inner.task('b', one, { after: a }));
        task('c', one, { after: b, before: a });
        task('outside', one, { after: a });
      });
    expect(codeOf(cycle)).toBe('CYCLE');
    expect(messageOf(cycle)).toMatch(/a → g\.b → c → a|g\.b → c → a → g\.b|c → a → g\.b → c/);
  });

  it('refuse references that are no tasks of this DAG', () => {
    let foreign: unknown;
    build(({ task }) => (foreign = task('x', one)));
    for (const after of [foreign, 'a', { id: 'a' }, null, [undefined]]) {
      expect(codeOf(() => build(({ task }) => void task('a', one, { after } as never)))).toBe(
        'UNKNOWN_REFERENCE',
      );
    }
    expect(
      codeOf(() => build(({ task }) => void task('a', one, { input: foreign } as never))),
    ).toBe('UNKNOWN_REFERENCE');
  });

  it('are inert and not thenable', async () => {
    let ref: { readonly id: string } | undefined;
    build(({ task }) => (ref = task('a', one)));
    expect(Object.isFrozen(ref)).toBe(true);
    expect(await Promise.resolve(ref)).toBe(ref);
    expect('then' in (ref ?? {})).toBe(false);
  });
});

describe('groups', () => {
  it('prefix ids, also for tasks made with the outer builder, and return what they build', () => {
    const dag = build(({ task, group }) => {
      const inner = group('g', (builder) => ({
        a: builder.task('a', one),
        deep: builder.group('h', () => task('b', one)),
      }));
      task('after', one, { after: [inner.a, inner.deep] });
    });
    expect(serializeDag(dag).tasks.map(({ id, group }) => [id, group])).toEqual([
      ['g.a', ['g']],
      ['g.h.b', ['g', 'h']],
      ['after', []],
    ]);
  });
});

describe('bad ids', () => {
  const bad = [
    '',
    'a/b',
    'a b',
    '..',
    '.',
    'a\0',
    'ü',
    '😀',
    'x'.repeat(251),
    '__proto__',
    'constructor',
  ];
  it.each(bad)('%j is refused for DAGs, tasks and groups', (id) => {
    expect(codeOf(() => untyped({ id }))).toBe('BAD_ID');
    expect(codeOf(() => build(({ task }) => void task(id, one)))).toBe('BAD_ID');
    expect(codeOf(() => build(({ group }) => void group(id, () => 1)))).toBe('BAD_ID');
  });

  it('a prefixed id that grows too long', () => {
    const long = 'x'.repeat(200);
    expect(
      codeOf(() => build(({ group }) => group(long, ({ task }) => void task(long, one)))),
    ).toBe('BAD_ID');
  });

  it('two tasks, a task and a group, two groups of one id', () => {
    const twice = [
      () => build(({ task }) => [task('a', one), task('a', one)]),
      () => build(({ task, group }) => [task('a', one), group('a', () => 1)]),
      () => build(({ group }) => [group('a', () => 1), group('a', () => 1)]),
      () => build(({ task, group }) => [task('g.a', one), group('g', () => task('a', one))]),
    ];
    expect(twice.map(codeOf)).toEqual(twice.map(() => 'DUPLICATE_ID'));
  });
});

describe('bad options', () => {
  it.each([
    { retries: -1 },
    { retries: 1.5 },
    { retryDelay: 'NaNs' },
    { retryDelay: '0s' },
    { timeout: '0s' },
    { timeout: 500 },
    { timeout: '-5s' },
    { timeout: '1000000d' },
    { poolSlots: 0 },
    { pool: 7 },
    { pool: '' },
    { queue: 'a b' },
    { priority: Infinity },
    { isolation: 'thread' },
    { triggerRule: 'all_good' },
    { connections: 'dw' },
  ])('of a task: %j', (options) => {
    const make = (): Dag => build(({ task }) => void task('a', one, options as never));
    expect(['BAD_OPTION', 'BAD_ID']).toContain(codeOf(make));
    expect(messageOf(make)).toContain(`task 'a'`);
  });

  it.each([
    { schedule: '0 2 * * *' },
    { source: 'orders' },
    { startDate: '2026-01-01T00:00:00' },
    { startDate: '2026-02-30' },
    { startDate: '2026-01-02', endDate: '2026-01-01' },
    { maxActiveRuns: 0 },
    { catchup: 'yes' },
    { tags: [1] },
    { runTimeout: '1 h' },
    { params: z.string() },
  ])('of a DAG: %j', (options) => {
    expect(codeOf(() => untyped(options))).toBe('BAD_OPTION');
  });

  it('of schedules and topics', () => {
    const bad = [
      () => every('1ms'),
      () => every('5 minutes' as never),
      () => onRecords({ upTo: 0 }),
      () => dates([]),
      () => dates(['tomorrow']),
      () => topic('a b'),
      () => topic('a', { maxRecords: 0 }),
      () => topic('a', { startAt: 'now' }),
      () => cron(''),
    ];
    expect(bad.map(codeOf)).toEqual(bad.map(() => 'BAD_OPTION'));
    expect(codeOf(() => cron('0 0 31 2 *'))).toBe('CRON_NEVER_FIRES');
    expect(codeOf(() => cron('every day'))).toBe('CRON_INVALID');
    expect(codeOf(() => cron('0 2 * * *', { timezone: 'Asia/Soul' }))).toBe('TIMEZONE_UNKNOWN');
    expect(codeOf(() => untyped({ schedule: onRecords() }))).toBe('SOURCE_MISSING');
  });

  it('that nobody knows: with the nearest one', () => {
    const make = (): Dag => build(({ task }) => void task('a', one, { retry: 3 } as never));
    expect(messageOf(make)).toBe(`task 'a': there is no option 'retry'; did you mean 'retries'?`);
    expect(codeOf(() => untyped({ maxRuns: 1 }))).toBe('UNKNOWN_OPTION');
    expect(codeOf(() => untyped({ defaults: { to: [] } }))).toBe('UNKNOWN_OPTION');
  });

  it('code that is no function, a branch without choices', () => {
    expect(codeOf(() => build(({ task }) => void task('a', 1 as never)))).toBe('BAD_OPTION');
    expect(codeOf(() => build(({ branch }) => void branch('a', () => null, { to: [] })))).toBe(
      'BAD_OPTION',
    );
  });
});

describe('what cannot be built in time or size', () => {
  it('an async build function, and a builder that is kept', () => {
    expect(codeOf(() => defineDag({ id: 'd' }, promising))).toBe('BUILD_NOT_SYNCHRONOUS');
    let kept: DagBuilder<never> | undefined;
    build((builder) => (kept = builder));
    expect(codeOf(() => kept?.task('late', one))).toBe('BUILD_NOT_SYNCHRONOUS');
  });

  it('more than 5,000 tasks, or 100,000 edges', () => {
    const many = (count: number) => (): Dag =>
      build(({ task }) => {
        for (let i = 0; i < count; i += 1) task(`t${i}`, one);
      });
    expect(codeOf(many(5_000))).toBe('accepted');
    expect(messageOf(many(50_000))).toContain('more than 5000 tasks');
    const dense = (): Dag =>
      build(({ task }) => {
        const all = Array.from({ length: 1_000 }, (_, i) => task(`a${i}`, one));
        for (let i = 0; i < 1_000; i += 1) task(`b${i}`, one, { after: all });
      });
    expect(messageOf(dense)).toContain('more than 100000 edges');
  });

  it('orders a chain of 5,000 tasks without recursion', () => {
    const dag = build(({ task }) => {
      let last: TaskRef = task('t0', one);
      for (let i = 1; i < 5_000; i += 1) last = task(`t${i}`, one, { after: last });
    });
    expect(serializeDag(dag).tasks.at(-1)?.id).toBe('t4999');
  });
});

describe('what is not built yet', () => {
  it('is refused when the DAG is serialized, everything at once and by name', () => {
    const dag = build(
      ({ task, group }) => {
        const files = task('files', () => ['a']);
        task('each', ({ input }) => input.file, { expand: { file: files } });
        task('late', one, { dependsOnPast: true, approval: { question: 'now?' }, setup: true });
        task('fine', one, { dependsOnPast: false, onFailure: [] });
        group('g', ({ task }) => void task('x', one), { expand: { file: files } });
      },
      {
        schedule: assets('s3://a'),
        onFailure: [() => undefined],
        defaults: { maxActive: 3 },
      },
    );
    expect(codeOf(() => serializeDag(dag))).toBe('NOT_BUILT_YET');
    const message = messageOf(() => serializeDag(dag));
    for (const name of [
      'schedule assets(s3://a)',
      `onFailure (DAG 'd')`,
      'maxActive (defaults)',
      `expand (task 'each')`,
      `dependsOnPast (task 'late')`,
      `setup (task 'late')`,
      `approval (task 'late')`,
      `expand (group 'g')`,
    ]) {
      expect(message).toContain(name);
    }
    expect(message).not.toContain('fine');
  });

  it('a schedule whose runs could not fill the params', () => {
    const params = z.object({ day: z.string() });
    const make = (schedule: DagOptions['schedule']) => (): unknown =>
      serializeDag(untyped({ params, schedule }));
    expect(codeOf(make(once()))).toBe('PARAMS_NEED_DEFAULTS');
    expect(messageOf(make(once()))).toContain('day');
    expect(codeOf(make(null))).toBe('accepted');
  });
});

describe('a loaded module', () => {
  it('gives its tasks by export and id', () => {
    const dag = build(({ task }) => void task('a', one));
    expect(isDag(dag)).toBe(true);
    expect(isDag({ id: 'd' })).toBe(false);
    expect(findTask({ dag }, 'dag', 'a')).toMatchObject({ id: 'a', kind: 'task' });
    expect(codeOf(() => findTask({ dag }, 'dag', 'b'))).toBe('TASK_MISSING');
    expect(codeOf(() => findTask({ dag }, 'other', 'a'))).toBe('TASK_MISSING');
  });
});
