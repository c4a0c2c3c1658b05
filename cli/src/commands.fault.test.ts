import path from 'node:path';

import type { DagRunResponse } from '@tidegate/web/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ProductForCommands } from '../../test/cli/product-for-commands.ts';
import { runTidegate, startTidegate } from '../../test/cli/run-tidegate.ts';
import { until } from '../../test/end-to-end/until.ts';

describe('the command line, against a running product', () => {
  const product = new ProductForCommands();
  const run = product.run.bind(product);
  beforeAll(() => product.start(), 120_000);
  afterAll(() => product[Symbol.asyncDispose](), 90_000);

  it('waits for a run, and prints it alone on standard output', async () => {
    const { code, out, err } = await run('dags', 'trigger', 'steps', '--wait', '-o', 'json');
    expect(code).toBe(0);
    const ended = JSON.parse(out) as DagRunResponse;
    expect(ended).toMatchObject({ dag_id: 'steps', state: 'success' });
    const page = `${product.url}/dags/steps/runs/${encodeURIComponent(ended.dag_run_id)}`;
    expect(err.trimEnd().split('\n').at(-1)).toBe(page);
  });

  it('follows a run that fails: each state, what failed and why, code 10', async () => {
    const conf = '{"mode":"fail"}';
    const { code, err } = await run(
      'dags',
      'trigger',
      'steps',
      '-c',
      conf,
      '--follow',
      '--run-id',
      'failing',
    );
    expect(code).toBe(10);
    expect(err).toMatch(/first {2}success \(try 1\)[^]*second {2}failed \(try 1\)/);
    expect(err).toContain('failed: second (try 1)');
    expect(err).toContain('tidegate tasks logs steps failing second');
  });

  it('gives up after --timeout with code 124, and at ctrl-C with 130: the run goes on', async () => {
    const conf = ['-c', '{"mode":"slow"}', '--wait', '--run-id'];
    const late = await run('dags', 'trigger', 'steps', ...conf, 'slow-1', '--timeout', '1s');
    expect(late.code).toBe(124);
    expect(['queued', 'running']).toContain(await product.stateOf('slow-1'));
    expect(late.err).toContain('tidegate runs watch steps slow-1');

    const waiting = startTidegate(['runs', 'watch', 'steps', 'slow-1'], {
      TIDEGATE_HOME: product.home,
    });
    await until('the first state to be told', () =>
      waiting.ended.err.includes('running') ? true : undefined,
    );
    waiting.child.kill('SIGINT');
    const { code, err } = await waiting.closed;
    expect([code, await product.stateOf('slow-1')]).toEqual([130, 'running']);
    expect(err).toContain('left alone');
  });

  it('prints a try’s log, and follows it to its end', async () => {
    await run('dags', 'trigger', 'steps', '--wait', '--run-id', 'logged');
    const { code, out } = await run('tasks', 'logs', 'steps', 'logged', 'first', '-f');
    expect(code).toBe(0);
    expect(out).toMatch(/INFO +the first step speaks \{"mode":"ok"\}/);
    // It says nothing: it has a log, of two lines, only if it took its time.
    const silent = await run('tasks', 'logs', 'steps', 'logged', 'third');
    expect(silent.out + silent.err).toMatch(/the try ended well|this try has logged nothing/);
    const wrong = await run('tasks', 'logs', 'steps', 'logged', 'fourth');
    expect([wrong.code, wrong.err]).toEqual([3, expect.stringContaining('first, second, third')]);
    const mapped = await run('tasks', 'logs', 'steps', 'logged', 'first', '--map-index', '0');
    expect([mapped.code, mapped.err]).toEqual([2, expect.stringContaining('is not mapped')]);
  });

  it.each([
    [2, ['dags', 'trigger', 'steps', '-c', '{'], '--conf is not valid JSON'],
    [2, ['dags', 'trigger', 'steps', '--wait', '--timeout', 'soon'], '30s, 5m or 1h'],
    [2, ['dags', 'list', '-o', 'xml'], 'table, json, yaml, plain'],
    [3, ['dags', 'trigger', 'nobody'], 'nobody'],
    [6, ['dags', 'trigger', 'steps', '-c', '{"mode":"other"}'], 'mode'],
  ] as const)('ends with code %i for %j, and says why', async (code, args, why) => {
    const ended = await run(...args);
    expect(ended.err).toContain(why);
    expect([ended.code, ended.out]).toEqual([code, '']);
  });

  it('says that it may not, or that nobody answers', async () => {
    const wrongToken = { TIDEGATE_API_URL: product.url, TIDEGATE_API_TOKEN: 'wrong' };
    expect((await runTidegate(['dags', 'list'], wrongToken)).code).toBe(4);
    const nowhere = { TIDEGATE_API_URL: 'http://127.0.0.1:1', TIDEGATE_API_TOKEN: 'any' };
    const away = await runTidegate(['dags', 'list'], nowhere);
    expect([away.code, away.err]).toEqual([12, expect.stringContaining('does not answer')]);
    const noHome = { TIDEGATE_HOME: path.join(product.scratch, 'nothing') };
    expect((await runTidegate(['dags', 'list'], noHome)).code).toBe(12);
  });

  it('completes commands, options, choices, and the ids of what there is', async () => {
    const complete = async (...words: string[]): Promise<string[]> =>
      (await run('__complete', '--', ...words)).out.split('\n').filter((line) => line !== '');
    expect(await complete('dags', 'tr')).toEqual(['trigger']);
    expect(await complete('dags', 'trigger', 'st')).toEqual(['steps']);
    expect(await complete('runs', 'show', 'steps', 'log')).toEqual(['logged']);
    expect(await complete('dags', 'list', '--out')).toEqual(['--output']);
    expect(await complete('dags', 'list', '-o', 'j')).toEqual(['json']);
    for (const shell of ['bash', 'zsh', 'fish'])
      expect((await run('completion', shell)).out).toContain('tidegate __complete');
  });

  it('tells the health of the whole', async () => {
    const { code, out } = await run('health', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ scheduler: { status: 'healthy' } });
    expect((await run('config', 'show', '-o', 'plain')).out).toContain(product.home);
  });
});
