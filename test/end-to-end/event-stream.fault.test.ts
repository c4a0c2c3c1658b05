import { afterAll, beforeAll, expect, it } from 'vitest';

import { EventReader } from '../../web/test/event-reader.ts';
import { describeWith } from '../services/services.ts';
import { isAlive, signal, StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';
import { until, untilTrue } from './until.ts';

const DAGS = new URL('../browser/dags', import.meta.url).pathname;

describeWith(['postgres'], 'the event stream of the running product', () => {
  const standalone = new StandaloneUnderTest({
    env: { TIDEGATE_DAGS_FOLDER: DAGS, TIDEGATE_CAPTURE: 'off' },
  });
  let token = '';
  beforeAll(async () => {
    await standalone.start();
    token = await standalone.signIn();
  }, 120_000);
  afterAll(() => standalone[Symbol.asyncDispose](), 90_000);
  tellFailures(standalone);

  async function call(address: string, body?: unknown, method = 'POST'): Promise<unknown> {
    const answer = await fetch(`${standalone.url}${address}`, {
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
      },
      ...(body === undefined ? {} : { method, body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Asks for a run until the database takes it; under one name it is one run. */
  const runOnce = async (runId: string): Promise<string> => {
    await until('a run to be taken', () =>
      call('/api/v2/dags/plain/dagRuns', { dag_run_id: runId }).catch(() => undefined),
    );
    return runId;
  };

  const stateOf = async (runId: string): Promise<string> => {
    const run = await until('an answer', () =>
      call(`/api/v2/dags/plain/dagRuns/${runId}`).catch(() => undefined),
    );
    return (run as { state: string }).state;
  };

  it.each([
    ['stopped', 'SIGINT'],
    ['killed', 'SIGKILL'],
  ] as const)(
    'goes on when PostgreSQL is %s and started again, and leaves nothing that happened untold',
    async (how, by) => {
      await using reader = await EventReader.open(`${standalone.url}/ui/events`, {
        authorization: `Bearer ${token}`,
      });
      let hasEnded = false;
      void reader.ended.then(() => (hasEnded = true));
      const saw = (run: string) =>
        reader.until(({ data }) =>
          (data.runs ?? []).some((one) => one.dag_run_id === run && one.state === 'success'),
        );
      await saw(await runOnce(`before-${how}`));
      const [server = 0] = standalone.pidsOf('postgres');
      signal(server, by);
      await untilTrue('the server to be gone', () => !isAlive(server));
      const mark = reader.events.length;
      const during = await runOnce(`during-${how}`);
      // As the console does: a run is what its newest event says, and asked for anew when everything may have changed.
      let [read, known] = [mark, ''];
      await untilTrue('a reader to know how the run ended', async () => {
        for (const { name, data } of reader.events.slice(read)) {
          read += 1;
          const named = data.runs?.find((one) => one.dag_run_id === during);
          if (named !== undefined) known = named.state;
          if (name === 'invalidate' || name === 'reset') known = await stateOf(during);
        }
        return known === 'success';
      });
      // And it is not only the once: what comes later comes by name again, on the same stream.
      await saw(await runOnce(`after-${how}`));
      await call('/api/v2/dags/plain', { is_paused: true }, 'PATCH');
      await call('/api/v2/dags/plain', { is_paused: false }, 'PATCH');
      await reader.until((event) => reader.events.indexOf(event) >= mark && event.name === 'dags');
      expect(hasEnded).toBe(false);
    },
  );
});
