import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ProductForCommands } from '../../test/cli/product-for-commands.ts';
import { runTidegate } from '../../test/cli/run-tidegate.ts';
import { until } from '../../test/end-to-end/until.ts';

describe('changes by the command line, against a running product', () => {
  const product = new ProductForCommands();
  const run = product.run.bind(product);
  const json = async <T>(...args: string[]): Promise<T> =>
    JSON.parse((await run(...args, '-o', 'json')).out) as T;
  beforeAll(() => product.start(), 120_000);
  afterAll(() => product[Symbol.asyncDispose](), 90_000);

  it('shows a DAG: its details, its graph, its tasks', async () => {
    expect(await json('dags', 'details', 'steps')).toMatchObject({ dag_id: 'steps' });
    expect((await run('dags', 'show', 'steps')).out).toContain('second  after first');
    const drawn = await run('dags', 'show', 'steps', '--graph', 'mermaid');
    expect(drawn.out.split('\n')).toContain('  first --> second');
    const tasks = await json<{ task_id: string }[]>('tasks', 'list', 'steps');
    expect(tasks.map((task) => task.task_id)).toEqual(['first', 'second', 'third']);
  });

  it('reads params by the DAG’s own schema', async () => {
    const params = ['-p', 'mode=ok', '-p', 'day=2026'];
    const made = await json('dags', 'trigger', 'steps', ...params, '--run-id', 'with-params');
    expect(made).toMatchObject({ conf: { mode: 'ok', day: '2026' } });
    const unknown = await run('dags', 'trigger', 'steps', '-p', 'dya=2026');
    expect([unknown.code, unknown.err]).toEqual([6, expect.stringContaining('mode, day')]);
  });

  it('clears failed tasks: shows them first, never asks without a terminal, then does it', async () => {
    const failing = ['-p', 'mode=fail', '--wait', '--run-id', 'failed-once'];
    const { code, err } = await run('dags', 'trigger', 'steps', ...failing);
    expect(code).toBe(10);
    expect(err).toContain('the second step was told to fail');
    const clear = ['runs', 'clear', 'steps', 'failed-once', '--only-failed'];
    const preview = await json<{ task_id: string }[]>(...clear, '--dry-run');
    expect(preview.map((task) => task.task_id)).toContain('second');
    expect(preview.map((task) => task.task_id)).not.toContain('first');
    const unasked = await run(...clear);
    expect([unasked.code, unasked.err]).toEqual([2, expect.stringContaining('say -y')]);
    expect(await product.stateOf('failed-once')).toBe('failed');
    expect((await run(...clear, '-y')).code).toBe(0);
    expect((await run('runs', 'watch', 'steps', 'failed-once')).code).toBe(10);
    const states = await json<{ task_id: string; try_number: number }[]>(
      ...['tasks', 'states', 'steps', 'failed-once'],
    );
    expect(states.find(({ task_id: id }) => id === 'second')?.try_number).toBe(2);
  });

  it('clears and marks single tasks, with what is behind them', async () => {
    await run('dags', 'trigger', 'steps', '--wait', '--run-id', 'whole');
    const clear = ['tasks', 'clear', 'steps', 'whole', 'second', '--downstream'];
    const preview = await json<{ task_id: string }[]>(...clear, '--dry-run');
    expect(preview.map((task) => task.task_id)).toEqual(['second', 'third']);
    expect((await run(...clear, '-y')).code).toBe(0);
    expect((await run('runs', 'watch', 'steps', 'whole')).code).toBe(0);
    const mark = ['tasks', 'mark', 'steps', 'whole', 'third', 'skipped'];
    expect((await run(...mark, '--dry-run')).code).toBe(0);
    const stateOfThird = async (): Promise<string | undefined> => {
      const states = await json<{ task_id: string; state: string }[]>(
        ...['tasks', 'states', 'steps', 'whole'],
      );
      return states.find((task) => task.task_id === 'third')?.state;
    };
    expect(await stateOfThird()).toBe('success');
    expect((await run(...mark, '-y')).code).toBe(0);
    expect(await stateOfThird()).toBe('skipped');
  });

  it('ends a run by marking it, and forgets it', async () => {
    await run('dags', 'trigger', 'steps', '-p', 'mode=slow', '--run-id', 'endless');
    expect((await run('runs', 'mark', 'steps', 'endless', 'failed')).code).toBe(2);
    expect((await run('runs', 'mark', 'steps', 'endless', 'failed', '-y')).code).toBe(0);
    expect(await product.stateOf('endless')).toBe('failed');
    expect((await run('runs', 'delete', 'steps', 'endless', '-y')).code).toBe(0);
    expect((await run('runs', 'show', 'steps', 'endless')).code).toBe(3);
  });

  it('makes, changes and deletes pools', async () => {
    expect(await json('pools', 'set', 'dw', '4')).toMatchObject({ name: 'dw', slots: 4 });
    expect(await json('pools', 'set', 'dw', '2', '-d', 'two')).toMatchObject({ slots: 2 });
    expect(await json('pools', 'get', 'dw')).toMatchObject({ slots: 2, description: 'two' });
    expect((await run('pools', 'list', '-o', 'plain')).out).toMatch(/^dw\t2\t/m);
    expect((await run('pools', 'delete', 'dw', '-y')).code).toBe(0);
    expect((await run('pools', 'get', 'dw')).code).toBe(3);
  });

  it('makes and changes users; the password is never an argument', async () => {
    const create = ['users', 'create', 'eve', '--role', 'viewer'];
    const unasked = await run(...create);
    expect([unasked.code, unasked.err]).toEqual([2, expect.stringContaining('--password-stdin')]);
    const made = await product.runWithInput('a good password\n', ...create, '--password-stdin');
    expect(made.code).toBe(0);
    expect(made.out + made.err).not.toContain('a good password');
    expect((await run('users', 'set-role', 'eve', 'op')).code).toBe(0);
    expect((await run('users', 'list', '-o', 'plain')).out).toMatch(/^eve\top\ttrue/m);
    expect((await run('users', 'delete', 'eve', '-y')).code).toBe(0);
    expect((await run('users', 'list', '-o', 'plain')).out).not.toContain('eve');
  });

  it('signs in from a home of its own, keeps the token for its owner alone, and forgets it', async () => {
    const home = path.join(product.scratch, 'elsewhere');
    const elsewhere = (input: string, ...args: string[]) =>
      runTidegate(args, { TIDEGATE_HOME: home }, input);
    const login = ['login', '--url', product.url, '--password-stdin'];
    expect((await elsewhere('wrong\n', ...login)).code).toBe(4);
    expect((await elsewhere('admin\n', ...login)).code).toBe(0);
    expect(statSync(path.join(home, 'login.json')).mode & 0o777).toBe(0o600);
    const whoami = await elsewhere('', 'whoami', '-o', 'json');
    expect(JSON.parse(whoami.out)).toEqual({ username: 'admin', role: 'admin' });
    const another = { TIDEGATE_HOME: home, TIDEGATE_API_URL: 'http://127.0.0.1:1' };
    expect((await runTidegate(['whoami'], another)).err).toContain('TIDEGATE_API_TOKEN');
    await elsewhere('', 'logout');
    expect((await elsewhere('', 'whoami')).code).toBe(12);
  });

  it('lists the DAG files that do not load, with code 6', async () => {
    expect((await run('dags', 'list-import-errors')).code).toBe(0);
    writeFileSync(path.join(product.dags, 'broken.dag.ts'), 'export const x = ;\n');
    await until('the error to be known', async () =>
      (await run('dags', 'list-import-errors')).code === 6 ? true : undefined,
    );
    expect((await run('dags', 'list-import-errors', '-o', 'plain')).out).toMatch(
      /^broken\.dag\.ts\t1\t/,
    );
  });
});
