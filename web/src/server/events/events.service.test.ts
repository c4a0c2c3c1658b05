import { type AddressInfo } from 'node:net';

import { silentLogger } from '@tidegate/engine/platform';
import { DagVersions } from '@tidegate/engine/server';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../../test/services/services.ts';
import { type ApiUnderTest, createApiUnderTest } from '../../../test/api-under-test.ts';
import { EventReader } from '../../../test/event-reader.ts';
import { chainOf, WorkedRuns } from '../../../test/worked-runs.ts';
import type { FeedEvent } from './event-buffer.ts';
import { EventFeed } from './event-feed.ts';

describeWith(['postgres'], 'the event stream', () => {
  let api: ApiUnderTest;
  let worked: WorkedRuns;
  let url: string;
  let token: string;
  beforeAll(async () => {
    api = await createApiUnderTest();
    worked = await WorkedRuns.start(api);
    await worked.register('chain', chainOf('a', 'b'));
    await worked.register('other', chainOf('o'));
    await api.app.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}/ui/events`;
    token = await api.tokenOf('viewer');
  });
  afterAll(async () => {
    await worked[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  const open = (query = '', headers: Record<string, string> = {}): Promise<EventReader> =>
    EventReader.open(`${url}${query}`, { authorization: `Bearer ${token}`, ...headers });

  it('says hello, then every state a run comes to', async () => {
    await using reader = await open();
    expect((await reader.until((event) => event.name === 'hello')).name).toBe('hello');
    const run = await worked.run('chain');
    const last = await reader.until(({ name, data }) => {
      const runs = data.runs ?? [];
      return (
        name === 'changes' && runs.some((one) => one.dag_run_id === run && one.state === 'success')
      );
    });
    expect(last.data.runs?.find((one) => one.dag_run_id === run)).toMatchObject({
      dag_id: 'chain',
    });
    const seen = reader.events.flatMap(({ data }) => data.runs ?? []).flatMap((one) => one.tasks);
    expect(seen).toContainEqual(['a', 's', 1]);
    expect(seen).toContainEqual(['b', 's', 1]);
  });

  it('goes on after the id it was left at, and misses nothing', async () => {
    let id = '';
    {
      await using reader = await open();
      id = (await reader.until((event) => event.name === 'hello')).id;
    }
    const run = await worked.run('chain');
    await using again = await open('', { 'last-event-id': id });
    const last = await again.until(({ data }) =>
      (data.runs ?? []).some((one) => one.dag_run_id === run && one.state === 'success'),
    );
    expect(last.name).toBe('changes');
    expect(again.events.map((event) => event.name)).not.toContain('reset');
  });

  it.each(['reads', 'does not read yet'])(
    'tells a new reader that something happened in the moments before it came, where it %s',
    async (isReading) => {
      const feed = new EventFeed({
        database: api.database,
        versions: new DagVersions(api.database),
        logger: silentLogger,
      });
      const none = { lastId: undefined, end: () => undefined };
      const told: FeedEvent[] = [];
      if (isReading === 'reads') await feed.subscribe((event) => told.push(event), none);
      const run = await worked.run('chain');
      // More than a reader goes back anyway, for what is not committed yet.
      for (let count = 0; count < 10; count += 1) await worked.run('chain');
      const isTold = (events: readonly FeedEvent[]): boolean =>
        JSON.stringify(events).includes(`"dag_run_id":"${run}","state":"success"`);
      if (isReading === 'reads') await expect.poll(() => isTold(told)).toBe(true);
      const late: FeedEvent[] = [];
      await feed.subscribe((event) => late.push(event), none);
      expect(late.map(({ name, text }) => [name, text])).toEqual([
        ['hello', '{}'],
        ['invalidate', '{"dag_ids":null}'],
      ]);
      await feed.close();
    },
  );

  it('tells a reader whose id it does not know to start afresh', async () => {
    await using reader = await open('?last_event_id=elsewhere-7');
    await reader.until((event) => event.name === 'reset');
    expect(reader.events.map((event) => event.name)).toEqual(['hello', 'reset']);
  });

  it('keeps to the DAGs asked for', async () => {
    await using reader = await open('?dag_id=other');
    await reader.until((event) => event.name === 'hello');
    await worked.run('chain');
    const run = await worked.run('other');
    await reader.until(({ data }) =>
      (data.runs ?? []).some((one) => one.dag_run_id === run && one.state === 'success'),
    );
    const dags = reader.events.flatMap(({ data }) => data.runs ?? []).map((one) => one.dag_id);
    expect(new Set(dags)).toEqual(new Set(['other']));
  });

  it('tells that DAGs changed', async () => {
    await using reader = await open();
    await reader.until((event) => event.name === 'hello');
    // The listener comes up with the first look; until it hears, the change is asked for again.
    let isPaused = false;
    const asking = setInterval(() => {
      isPaused = !isPaused;
      void api.call({
        method: 'PATCH',
        url: '/api/v2/dags/ticker',
        payload: { is_paused: isPaused },
      });
    }, 100);
    await reader.until((event) => event.name === 'dags').finally(() => clearInterval(asking));
  });

  it('ends with its session', async () => {
    const own = await api.access.issueToken('viewer', 'test');
    await using reader = await EventReader.open(url, { authorization: `Bearer ${own}` });
    await reader.until((event) => event.name === 'hello');
    await api.access.revoke(own);
    await reader.ended;
  });

  it('reads on for whoever comes to a server that ran for long without a reader', async () => {
    const feed = new EventFeed({
      database: api.database,
      versions: new DagVersions(api.database),
      logger: silentLogger,
      now: () => 86_400_000 + performance.now(),
    });
    const seen: FeedEvent[] = [];
    const none = { lastId: undefined, end: () => undefined };
    await Promise.all([
      feed.subscribe((event) => seen.push(event), none),
      feed.subscribe(() => undefined, none),
    ]);
    await worked.run('chain');
    await expect
      .poll(() => seen.map((event) => event.name), { timeout: 20_000 })
      .toContain('changes');
    await feed.close();
  });

  it('is refused without one', async () => {
    expect((await fetch(url)).status).toBe(401);
  });
});
