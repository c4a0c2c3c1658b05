import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';

import { until } from '../end-to-end/until.ts';
import { ConsoleUnderTest, describeConsole } from './console-under-test.ts';

describeConsole('a page whose events come late', () => {
  let console: ConsoleUnderTest;
  beforeAll(async () => {
    console = await ConsoleUnderTest.launch();
  });
  afterAll(() => console[Symbol.asyncDispose]());

  /**
   * The page of a run that ended after the page had read it, with its event stream still held back; another page
   * has been told of the end.
   */
  async function openBeforeTheEnd(page: Page): Promise<Route> {
    const held: Route[] = [];
    await page.route('**/ui/events**', (route) => void held.push(route));
    const gate = path.join(console.scratch, randomUUID());
    const runId = await console.trigger(page, 'green', { gate });
    const other = await console.open('/runs?state=running');
    const listed = other.getByRole('button', { name: `Cancel run ${runId} of green` });
    await listed.waitFor();
    await page.goto(`/dags/green/runs/${encodeURIComponent(runId)}`);
    await page.getByText('second is running.').waitFor();
    writeFileSync(gate, '');
    await listed.waitFor({ state: 'detached' });
    await other.context().close();
    return until('its event stream', () => held.at(-1));
  }

  it('is told to ask again for what happened in the moments before', async () => {
    const page = await console.open('/dags/green');
    const events = await openBeforeTheEnd(page);
    await events.continue();
    await page.getByText(/^The run succeeded/).waitFor();
    await page.context().close();
  });

  it('asks again when connecting took longer than that', async () => {
    const page = await console.open('/dags/green');
    await page.clock.install();
    const events = await openBeforeTheEnd(page);
    await page.clock.fastForward(10_000);
    // Of another DAG: nothing that the server tells mends the page.
    await events.continue({ url: `${console.url}/ui/events?dag_id=plain` });
    await page.getByText(/^The run succeeded/).waitFor();
    await page.context().close();
  });
});
