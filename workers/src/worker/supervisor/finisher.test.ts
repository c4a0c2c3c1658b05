import { expect, test } from 'vitest';

import type { FinishRequest } from '@tidegate/engine/execution-contract';
import { silentLogger } from '@tidegate/engine/platform';

import { until } from '../../../test/worker/until.ts';
import { EngineCallError } from '../errors.ts';
import { createFinisher, type Finisher } from './finisher.ts';

type Send = (request: FinishRequest, attempt: number) => 'ok' | EngineCallError;

function setUp(
  send: Send,
  isBusy = () => false,
): { finisher: Finisher; requests: FinishRequest[]; most: () => number } {
  const requests: FinishRequest[] = [];
  let inFlight = 0;
  let most = 0;
  const finisher = createFinisher({
    worker: { workerId: 'w', sessionId: 's' },
    queues: ['default'],
    lane: { offerSlots: (tasks) => tasks.length, finished: () => undefined },
    isBusy,
    log: silentLogger,
    send: async (body) => {
      const request = JSON.parse(body) as FinishRequest;
      requests.push(request);
      inFlight += 1;
      most = Math.max(most, inFlight);
      // Long enough for a further request to start beside it, were it allowed.
      await new Promise((resolve) => setTimeout(resolve, 50));
      inFlight -= 1;
      const answer = send(request, requests.length);
      if (answer !== 'ok') throw answer;
      return { results: request.results.map(() => 'accepted' as const), grants: [] };
    },
  });
  return { finisher, requests, most: () => most };
}

const report = (finisher: Finisher, runKey: number, output: string | null = null): void => {
  const at = '2026-01-01T00:00:00.000Z';
  const outcome = { kind: 'success', output } as const;
  finisher.add({ runKey, ix: 0, tryNumber: 1, token: 1 }, { outcome, startedAt: at, endedAt: at });
};
const keysOf = (requests: readonly FinishRequest[]): number[] =>
  requests.flatMap((request) => request.results.map((result) => result.task.runKey));

test('results of one tick leave together, at most 1,000, in at most two requests at once', async () => {
  const { finisher, requests, most } = setUp(() => 'ok');
  for (let i = 0; i < 4_500; i += 1) report(finisher, i);
  await finisher.drain(5_000);
  expect(requests.map((request) => request.results.length)).toEqual([
    1_000, 1_000, 1_000, 1_000, 500,
  ]);
  expect(keysOf(requests).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 4_500 }, (_, i) => i),
  );
  expect(most()).toBe(2);
});

test('while tasks run, what ends beside a request waits for its answer; the last one does not', async () => {
  let running = 4;
  const { finisher, requests, most } = setUp(
    () => 'ok',
    () => running > 0,
  );
  const end = (): void => {
    running -= 1;
    report(finisher, running);
  };
  end();
  await until(() => requests.length === 1);
  end();
  await new Promise((resolve) => setImmediate(resolve));
  end();
  await until(() => requests.length === 2);
  expect(most()).toBe(1);
  expect(keysOf(requests)).toEqual([3, 2, 1]);
  end();
  await until(() => requests.length === 3);
  expect(most()).toBe(2);
  await finisher.drain(5_000);
});

test('a request stays below 4 MB', async () => {
  const { finisher, requests } = setUp(() => 'ok');
  for (let i = 0; i < 9; i += 1) report(finisher, i, 'x'.repeat(1_000_000));
  await finisher.drain(5_000);
  expect(requests.map((request) => request.results.length)).toEqual([3, 3, 3]);
});

test('a request is repeated until it is answered, the same but for the time it is sent at', async () => {
  const away = new EngineCallError('no answer');
  const { finisher, requests } = setUp((_, attempt) => (attempt < 4 ? away : 'ok'));
  report(finisher, 7);
  await finisher.drain(5_000);
  expect(requests).toHaveLength(4);
  const repeated = requests.map(({ sentAt, ...rest }) => ({
    rest,
    sentAt: Date.parse(sentAt ?? ''),
  }));
  expect(new Set(repeated.map(({ rest }) => JSON.stringify(rest))).size).toBe(1);
  const times = repeated.map(({ sentAt }) => sentAt);
  expect(times.at(-1)).toBeGreaterThan(times[0] ?? Infinity);
});

test('one report the engine cannot take fails by name, and holds up none of the others', async () => {
  const isBad = (result: FinishRequest['results'][number]): boolean =>
    result.task.runKey === 13 && result.outcome.kind === 'success';
  const taken: FinishRequest['results'] = [];
  const { finisher } = setUp((request) => {
    if (request.results.some(isBad)) return new EngineCallError('bad', { status: 400 });
    taken.push(...request.results);
    return 'ok';
  });
  for (let i = 0; i < 50; i += 1) report(finisher, i);
  await until(() => taken.length === 50);
  const bad = taken.find((result) => result.task.runKey === 13);
  expect(bad?.outcome).toMatchObject({ kind: 'failed', error: { code: 'REPORT_REFUSED' } });
  expect(taken.filter((result) => result.outcome.kind === 'success')).toHaveLength(49);
});
