import { connect, type AddressInfo, type Socket } from 'node:net';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../../test/services/services.ts';
import { type ApiUnderTest, createApiUnderTest } from '../../../test/api-under-test.ts';
import { EventReader } from '../../../test/event-reader.ts';
import { chainOf, WorkedRuns } from '../../../test/worked-runs.ts';

/** Long names make large events: what the sockets' own buffers hold is filled soon. */
const TASKS = Array.from({ length: 500 }, (_, index) => `${'t'.repeat(200)}${index}`);
const MOST_UNREAD_BYTES = 1024 * 1024;
const MOST_ROUNDS = 150;

describeWith(['postgres'], 'a reader of events that does not read', () => {
  let api: ApiUnderTest;
  let worked: WorkedRuns;
  let port: number;
  let token: string;
  /** The server's end of every connection. */
  const connections: Socket[] = [];
  beforeAll(async () => {
    api = await createApiUnderTest();
    worked = await WorkedRuns.start(api);
    await worked.register('wide', chainOf(...TASKS));
    api.app.server.on('connection', (socket) => connections.push(socket));
    await api.app.listen({ port: 0, host: '127.0.0.1' });
    port = (api.app.server.address() as AddressInfo).port;
    token = await api.tokenOf('viewer');
  });
  afterAll(async () => {
    await worked[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  const open = (headers: Record<string, string> = {}): Promise<EventReader> =>
    EventReader.open(`http://127.0.0.1:${port}/ui/events`, {
      authorization: `Bearer ${token}`,
      ...headers,
    });

  /** Asks for the stream, reads up to its first id, and never again. */
  async function openDeaf(): Promise<{ readonly socket: Socket; readonly lastId: string }> {
    const socket = connect(port, '127.0.0.1');
    const head = `GET /ui/events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n`;
    socket.write(`${head}authorization: Bearer ${token}\r\n\r\n`);
    let text = '';
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      text += String(chunk);
      const id = /^id: (\S+)$/m.exec(text)?.[1];
      if (id === undefined) continue;
      socket.pause();
      return { socket, lastId: id };
    }
    throw new Error(`the stream ended: ${text}`);
  }

  it('is cut off before it costs memory, harms nobody, and goes on from now when it is back', async () => {
    const run = { dag_run_id: 'wide' };
    await api.call({ method: 'POST', url: '/api/v2/dags/wide/dagRuns', payload: run });
    await using healthy = await open();
    await healthy.until(({ name }) => name === 'hello');
    const deaf = await openDeaf();
    const own = connections.find((socket) => socket.remotePort === deaf.socket.localPort);
    let mostHeld = 0;
    let largest = 0;
    let rounds = 0;
    while (own?.destroyed === false && rounds < MOST_ROUNDS) {
      const last = healthy.events.length;
      // All its tasks change at once, to and fro.
      await api.call(rounds % 2 === 0 ? mark('success') : clearAll());
      rounds += 1;
      await healthy.until(
        (event) => healthy.events.indexOf(event) >= last && event.name === 'changes',
      );
      largest = Math.max(largest, JSON.stringify(healthy.events.at(-1)?.data).length);
      mostHeld = Math.max(mostHeld, own.writableLength);
    }
    expect(own?.destroyed).toBe(true);
    expect(rounds).toBeGreaterThan(1);
    expect(mostHeld).toBeLessThanOrEqual(MOST_UNREAD_BYTES + 2 * largest);
    // The one that reads has had an event for every change, and goes on.
    expect(healthy.events.map(({ name }) => name)).not.toContain('reset');
    // It missed more than can be said at once: it starts afresh, is not cut off again, and hears what comes next.
    await using back = await open({ 'last-event-id': deaf.lastId });
    await back.until(({ name }) => name === 'reset');
    await api.call(rounds % 2 === 0 ? mark('success') : clearAll());
    await back.until(({ name }) => name === 'changes');
    const newest = healthy.events.at(-2)?.id;
    await using brief = await open({ 'last-event-id': newest ?? '' });
    await brief.until(({ name }) => name === 'changes');
    expect(brief.events.map(({ name }) => name)).toEqual(['hello', 'changes']);
    deaf.socket.destroy();
  }, 120_000);
});

function mark(state: string) {
  const url = '/api/v2/dags/wide/dagRuns/wide';
  return { method: 'PATCH', url, payload: { state } } as const;
}

function clearAll() {
  const url = '/api/v2/dags/wide/dagRuns/wide/clear';
  return { method: 'POST', url, payload: { dry_run: false } } as const;
}
