import { expect, test } from 'vitest';

import { readTaskEnvironment, readWorkerConfig } from './config.ts';

const GIVEN = { TIDEGATE_EXECUTION_URL: 'http://127.0.0.1:8081', TIDEGATE_WORKER_TOKEN: 'token' };

test('names every fault at once, with its variable', () => {
  const faulty = { TIDEGATE_EXECUTION_URL: 'nowhere', TIDEGATE_WORKER_CONCURRENCY: 'many' };
  const read = (): unknown => readWorkerConfig(null, faulty);
  expect(read).toThrow(expect.objectContaining({ code: 'WORKER_CONFIG_INVALID' }));
  for (const [name] of Object.entries({ ...faulty, TIDEGATE_WORKER_TOKEN: '' })) {
    expect(read).toThrow(name);
  }
});

test('Redis chooses the lane; a variable set to nothing counts as absent', () => {
  expect(readWorkerConfig(null, { ...GIVEN, TIDEGATE_REDIS_URL: '' }).lane.kind).toBe('postgres');
  const redis = { TIDEGATE_REDIS_URL: 'redis://127.0.0.1:6379', TIDEGATE_WORKER_QUEUES: 'a, b' };
  const config = readWorkerConfig(null, { ...GIVEN, ...redis });
  expect(config.lane).toEqual({ kind: 'bullmq', redisUrl: 'redis://127.0.0.1:6379' });
  expect(config.queues).toEqual(['a', 'b']);
});

test('the worker id is the same in the same home, and another in another one', () => {
  const idIn = (home: string): string =>
    readWorkerConfig(null, { ...GIVEN, TIDEGATE_HOME: home }).workerId;
  expect(idIn('/a')).toBe(idIn('/a'));
  expect(idIn('/a')).not.toBe(idIn('/b'));
});

test('task processes get the path and the zone, and nothing that is ours', () => {
  const environment = { ...GIVEN, PATH: '/bin', TZ: 'UTC', TIDEGATE_CONN_BANKDW: 'postgres://x' };
  expect(readTaskEnvironment(environment)).toEqual({ PATH: '/bin', TZ: 'UTC' });
});
