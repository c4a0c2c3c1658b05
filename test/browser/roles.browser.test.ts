import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ConsoleUnderTest, describeConsole } from './console-under-test.ts';

/** Every button and switch that changes something, by how it is called. */
const VERBS =
  /^(trigger|cancel run|cancel…|retry|re-run|mark|clear…|pause\b|unpause\b|select |\S+ is active)/i;

describeConsole('roles', () => {
  let console: ConsoleUnderTest;
  let failedRun = '';
  let liveRun = '';
  beforeAll(async () => {
    console = await ConsoleUnderTest.launch();
    const page = await console.open('/');
    failedRun = await console.trigger(page, 'broken');
    const gate = path.join(console.scratch, 'never');
    liveRun = await console.trigger(page, 'green', { gate });
    await page.goto(pathOf('broken', failedRun));
    await page.getByRole('heading', { name: /^load failed after 2 tries/ }).waitFor();
    await page.context().close();
  });
  afterAll(async () => {
    const page = await console.open('/');
    const address = `/api/v2/dags/green/dagRuns/${encodeURIComponent(liveRun)}`;
    await console.ask(page, address, { method: 'PATCH', data: { state: 'failed' } });
    await console[Symbol.asyncDispose]();
  });

  const pathOf = (dagId: string, runId: string): string =>
    `/dags/${dagId}/runs/${encodeURIComponent(runId)}`;

  const verbsOn = async (page: Page): Promise<string[]> => {
    const outline = await page.getByRole('main').ariaSnapshot();
    const names = [...outline.matchAll(/- (?:button|switch|checkbox) "([^"]*)"/g)].map(
      ([, name]) => name ?? '',
    );
    return names.filter((name) => VERBS.test(name));
  };

  it('of a viewer: everything is seen and no verb is offered, by button, key, palette or address', async () => {
    const page = await console.open('/dags', { role: 'viewer' });
    await page.getByText('read only').waitFor();
    const pages: Readonly<Record<string, string>> = {
      '/dags': 'green',
      '/runs': failedRun.slice(-8),
      '/dags/broken': 'Grid',
      [pathOf('broken', failedRun)]: 'column price is missing',
      [`${pathOf('broken', failedRun)}?tab=logs`]: 'the table orders has no column price',
      [`${pathOf('broken', failedRun)}?tab=tasks&task=load`]: 'needs nothing',
      [`/dags/broken?run=${encodeURIComponent(failedRun)}&task=load`]: 'Open run',
      [pathOf('green', liveRun)]: 'second is running.',
      '/streams': 'stream',
    };
    for (const [address, text] of Object.entries(pages)) {
      await page.goto(address);
      await page.getByRole('main').getByText(text).first().waitFor();
      expect([address, await verbsOn(page)]).toEqual([address, []]);
      for (const key of ['j', 'x', 't', 'Shift+R', 'Shift+C', 'Shift+P', 'Shift+T']) {
        await page.keyboard.press(key);
      }
      expect([address, await page.getByRole('dialog').count()]).toEqual([address, 0]);
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('green');
    await page.getByRole('menuitem', { name: 'DAG green' }).waitFor();
    const found = await page.getByRole('menuitem').allTextContents();
    expect(found.filter((text) => /^(Trigger|Pause|Unpause|Cancel)/.test(text))).toEqual([]);
    for (const address of ['/dags/green?trigger=green', `${pathOf('green', liveRun)}?do=cancel`]) {
      await page.goto(address);
      const dialog = page.getByRole('dialog');
      await dialog.getByText('which sees everything and changes nothing').waitFor();
      await dialog.getByRole('button', { name: 'Close' }).first().click();
      await dialog.waitFor({ state: 'detached' });
    }
    expect(await console.findings(page)).toEqual([]);
    await page.context().close();
  });

  it('of a viewer: the server refuses what the console does not offer, in words', async () => {
    const page = await console.open('/dags', { role: 'viewer' });
    const run = `/api/v2/dags/green/dagRuns/${encodeURIComponent(liveRun)}`;
    const changes = [
      ['PATCH', '/api/v2/dags/green', { is_paused: true }],
      ['POST', '/api/v2/dags/green/dagRuns', {}],
      ['PATCH', run, { state: 'failed' }],
      ['DELETE', run, undefined],
      ['POST', `${run}/clear`, { dry_run: false }],
      ['POST', '/api/v2/dags/green/clearTaskInstances', { dry_run: false }],
      ['PATCH', `${run}/taskInstances/second`, { new_state: 'success' }],
      ['GET', `/ui/runs/green/${encodeURIComponent(liveRun)}/mark?state=failed`, undefined],
    ] as const;
    for (const [method, address, data] of changes) {
      const { status, text } = await console.ask(page, address, { method, data });
      expect([address, status, text]).toEqual([
        address,
        403,
        expect.stringContaining("role 'viewer' may not do this, 'user' may"),
      ]);
    }
    const { state } = (await console.call(page, run)) as { state: string };
    expect(state).toBe('running');
    await page.context().close();
  });

  it('of a viewer: a verb that shows in spite of it says why it is refused', async () => {
    const page = await console.open('/dags', { isSignedIn: false });
    const viewer = await console.open('/dags', { role: 'viewer' });
    await page.context().addCookies(await viewer.context().cookies());
    // Somebody forces the console to take them for more than they are.
    await page.route('**/auth/session', (route) =>
      route.fulfill({ json: { username: 'forged', role: 'user' } }),
    );
    await page.goto('/dags');
    await page.getByRole('switch', { name: 'plain is active' }).click();
    await page.getByRole('alert').getByText("role 'viewer' may not do this").waitFor();
    await page.goto(`${pathOf('green', liveRun)}?do=cancel`);
    await page.getByRole('dialog').getByText("role 'viewer' may not do this").waitFor();
    await page.context().close();
    await viewer.context().close();
  });

  it('user and op both change runs; pools and the audit are op’s', async () => {
    const pool = { name: 'narrow', slots: 1 };
    for (const [role, status] of [
      ['user', 403],
      ['op', 201],
    ] as const) {
      const page = await console.open('/dags', { role });
      await page.getByRole('button', { name: 'Trigger plain' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Trigger plain' }).click();
      await page.waitForURL(/\/dags\/plain\/runs\//);
      await page.getByText(/^The run succeeded/).waitFor();
      expect(await page.getByText('read only').count()).toBe(0);
      const made = await console.ask(page, '/api/v2/pools', { method: 'POST', data: pool });
      expect([role, made.status]).toEqual([role, status]);
      const audit = await console.ask(page, '/api/v2/eventLogs');
      expect([role, audit.status]).toEqual([role, role === 'op' ? 200 : 403]);
      expect((await console.ask(page, '/auth/users')).status).toBe(403);
      await page.context().close();
    }
    const page = await console.open('/');
    await console.ask(page, '/api/v2/pools/narrow', { method: 'DELETE' });
    await page.context().close();
  });
});
