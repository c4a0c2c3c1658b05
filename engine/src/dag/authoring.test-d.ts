import { z } from 'zod';

import {
  cron,
  dates,
  defineDag,
  every,
  once,
  onRecords,
  topic,
  type Dag,
  type Duration,
  type TaskContext,
  type TaskRef,
} from './index.ts';

/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- comparing types takes them */

// This file is compiled, never run: a line under `@ts-expect-error` that compiles is a failure.

/** True only for the very same type. */
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function expectType<Expected>(): <Actual>(
  value: Actual,
  ...same: Equal<Actual, Expected> extends true ? [] : [never]
) => undefined;
declare function isNotAny<T>(value: T, ...no: 0 extends 1 & T ? [never] : []): void;
declare function outputOf<T>(ref: TaskRef<T>): T;
declare function parseAny(): ReturnType<typeof JSON.parse>;

const id = 'types';

// Inputs have the type of the outputs they refer to.
defineDag({ id }, ({ task }) => {
  const rows = task('rows', () => ({ files: ['a'], count: 1 }));
  const text = task('text', async () => Promise.resolve('x'));
  const nothing = task('nothing', async () => {
    await Promise.resolve();
  });
  task(
    'use',
    ({ input }) => {
      isNotAny(input);
      expectType<{ files: string[]; count: number }>()(input.rows);
      expectType<string>()(input.text);
      expectType<null>()(input.nothing);
      // @ts-expect-error: only what is named under `input` is there
      isNotAny(input.other);
    },
    { input: { rows, text, nothing } },
  );
  // @ts-expect-error: a reference is not the output it stands for
  isNotAny(rows.files);
  // @ts-expect-error: a reference is not thenable
  rows.then(() => undefined);
});

// Under another rule than all_success an upstream task may have no output.
defineDag({ id }, ({ task, branch, shortCircuit, sensor }) => {
  const rows = task('rows', () => 3);
  const input = { rows };
  task('a', ({ input }) => expectType<number>()(input.rows), { input, triggerRule: 'all_success' });
  task('b', ({ input }) => expectType<number | undefined>()(input.rows), {
    input,
    triggerRule: 'all_done',
  });
  const to = [rows] as const;
  branch('c', ({ input }) => (expectType<number | undefined>()(input.x), 'rows'), {
    input: { x: task('x', () => 1) },
    to,
    triggerRule: 'none_failed',
  });
  shortCircuit('d', ({ input }) => expectType<number | undefined>()(input.rows), {
    input,
    triggerRule: 'always',
  });
  sensor('e', ({ input }) => expectType<number | undefined>()(input.rows), {
    input,
    triggerRule: 'one_done',
  });
  // @ts-expect-error: no such rule
  task('f', () => 1, { triggerRule: 'all_good' });
});

// Outputs must survive JSON.
interface Row {
  id: number;
  name?: string;
  children: Row[];
}
class Point {
  x = 1;
  norm(): number {
    return this.x;
  }
}
defineDag({ id }, ({ task }) => {
  task('interface', (): Row => ({ id: 1, children: [] }));
  task('tuple', (): [number, string] => [1, 'a']);
  task('union', (): 'a' | null | undefined => null);
  task('readonly', (): readonly { readonly a: 1 }[] => []);
  task('any', parseAny);
  // @ts-expect-error: a Date comes back as text
  task('date', () => new Date());
  // @ts-expect-error: also deep inside
  task('deep', () => ({ rows: [{ at: new Date() }] }));
  // @ts-expect-error: and from async functions
  task('async', async () => Promise.resolve(new Map<string, string>()));
  // @ts-expect-error: JSON has no BigInt
  task('bigint', () => 1n);
  // @ts-expect-error: JSON has no functions
  task('function', () => () => 1);
  // @ts-expect-error: undefined in an array comes back as null
  task('holes', () => [1, undefined]);
  // @ts-expect-error: bytes are no JSON
  task('buffer', () => Buffer.from('a'));
  // @ts-expect-error: an instance with methods
  task('class', () => new Point());
  // @ts-expect-error: unknown may be anything
  task('unknown', (): unknown => 1);
  // @ts-expect-error: JSON has no symbols
  task('symbol', () => Symbol('a'));
  // @ts-expect-error: a set comes back empty
  task('set', () => ({ tags: new Set(['a']) }));
  const rows = task('rows', () => 1);
  // @ts-expect-error: whatever the function reads
  task('context', ({ input }) => new Date(input.rows), { input: { rows } });
});

// A branch returns ids of its `to`.
defineDag({ id }, ({ task, branch, group }) => {
  const small = task('small', () => 1);
  const large = task('large', () => 1);
  const to = [small, large] as const;
  const one = branch('one', () => 'small', { to: [small, large] });
  expectType<'small' | 'large' | readonly ('small' | 'large')[] | null>()(outputOf(one));
  branch('several', () => ['small', 'large'], { to });
  branch('none', () => null, { to });
  branch('async', async () => Promise.resolve('large' as const), { to });
  // @ts-expect-error: not one of `to`
  branch('wrong', () => 'medium', { to: [small, large] });
  // @ts-expect-error: what is there to choose from?
  branch('no_to', () => 'small', {});
  group('inner', ({ task, branch }) => {
    const a = task('a', () => 1);
    expectType<'inner.a'>()(a.id);
    branch('whole', () => 'inner.a', { to: [a] });
    branch('local', () => 'a', { to: [a] });
    // @ts-expect-error: of the group, but not of `to`
    branch('other', () => 'b', { to: [a] });
  });
});

// expand: an instance for each element, a list of outputs.
defineDag({ id }, ({ task, group }) => {
  const files = task('files', () => ['a', 'b']);
  const sizes = task('size', ({ input }) => input.file.length, { expand: { file: files } });
  task('sum', ({ input }) => expectType<readonly number[]>()(input.sizes), { input: { sizes } });
  task(
    'cross',
    ({ input }) => {
      expectType<string>()(input.file);
      expectType<1 | 2>()(input.n);
    },
    { expand: { file: files, n: [1, 2] } },
  );
  const number = task('number', () => 1);
  // @ts-expect-error: only over arrays
  task('over_number', () => 1, { expand: { n: number } });
  group(
    'each',
    ({ task }, { file }) => {
      task('use', ({ input }) => expectType<string>()(input.file), { input: { file } });
    },
    { expand: { file: files } },
  );
});

// Groups return what they build.
defineDag({ id }, ({ task, group }) => {
  const made = group('load', ({ task, group }) => ({
    first: task('first', () => 1),
    deep: group('deep', (inner) => inner.task('x', () => 's')),
  }));
  expectType<'load.first'>()(made.first.id);
  expectType<'load.deep.x'>()(made.deep.id);
  task('after', ({ input }) => expectType<number>()(input.first), {
    input: { first: made.first },
    after: [made.deep],
    before: task('last', () => 1),
  });
});

// A sensor's output is what satisfied it.
defineDag({ id }, ({ task, sensor, shortCircuit }) => {
  const found = sensor('found', (): { file: string } | undefined => undefined, { every: '30s' });
  const open = shortCircuit('open', ({ input }) => input.found.file !== '', { input: { found } });
  task('use', ({ input }) => expectType<{ file: string }>()(input.found), {
    input: { found },
    after: open,
  });
});

// Params: zod, any Standard Schema, JSON Schema.
const withZod = defineDag(
  { id, params: z.object({ day: z.iso.date().optional(), n: z.coerce.number().default(3) }) },
  ({ task }) => {
    task('use', ({ params }) => {
      isNotAny(params);
      expectType<{ day?: string | undefined; n: number }>()(params);
    });
  },
);
expectType<Dag<{ day?: string | undefined; n: number }>>()(withZod);
defineDag(
  {
    id,
    params: {
      type: 'object',
      properties: {
        day: { type: 'string' },
        n: { type: 'integer', default: 3 },
        mode: { enum: ['fast', 'slow'] },
        tags: { type: 'array', items: { type: 'string' } },
        both: { type: ['string', 'null'] },
      },
      required: ['day', 'mode'],
    },
  },
  ({ task }) => {
    task('use', ({ params }) => {
      expectType<string>()(params.day);
      expectType<number>()(params.n);
      expectType<'fast' | 'slow'>()(params.mode);
      expectType<readonly string[] | undefined>()(params.tags);
      expectType<string | null | undefined>()(params.both);
    });
  },
);

// A task in a file of its own.
async function load(context: TaskContext<{ rows: number[] }, { day: string }>): Promise<number> {
  return Promise.resolve(context.input.rows.length + context.params.day.length);
}
defineDag({ id, params: z.object({ day: z.string() }) }, ({ task }) => {
  const rows = task('rows', () => [1]);
  const texts = task('texts', () => ['a']);
  const loaded = task('load', load, { input: { rows } });
  task('use', ({ input }) => expectType<number>()(input.loaded), { input: { loaded } });
  // @ts-expect-error: the function wants numbers
  task('load_texts', load, { input: { rows: texts } });
  // @ts-expect-error: the function wants an input
  task('load_nothing', load);
});

// Durations and schedules.
const durations: Duration[] = ['500ms', '5s', '10m', '1h', '2d', '1.5s'];
// @ts-expect-error: no such unit
durations.push('5 minutes');
// @ts-expect-error: a number alone says no unit
durations.push(500);
every('5s');
cron('0 2 * * *', { timezone: 'Asia/Seoul' });
onRecords({ within: '500ms', upTo: 10_000 });
dates(['2026-01-01']);
once();
// @ts-expect-error: text is no schedule; use cron()
defineDag({ id, schedule: '0 2 * * *' }, () => undefined);
// @ts-expect-error: text is no source; use topic()
defineDag({ id, source: 'orders' }, () => undefined);
// @ts-expect-error: every DAG has an id
defineDag({ source: topic('orders') }, () => undefined);
// @ts-expect-error: a slip of the pen
defineDag({ id, maxActiveRun: 1 }, () => undefined);
