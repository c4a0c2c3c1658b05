import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { untilTrue } from '../end-to-end/until.ts';
import { ConsoleUnderTest, describeConsole } from './console-under-test.ts';

describeConsole('cancelling and marking runs', () => {
  let console: ConsoleUnderTest;
  let runs = 0;
  beforeAll(async () => {
    console = await ConsoleUnderTest.launch();
  });
  afterAll(() => console[Symbol.asyncDispose]());

  /** A run of `green` whose second task runs until its gate is there; its page is open. */
  async function startRun(page: Page) {
    runs += 1;
    const gate = path.join(console.scratch, `gate-${runs}`);
    const stopped = `${gate}.stopped`;
    const runId = await console.trigger(page, 'green', { gate, stopped });
    await page.goto(`/dags/green/runs/${encodeURIComponent(runId)}`);
    await page.getByText('second is running.').waitFor();
    return { runId, gate, stopped };
  }

  const stateOf = async (page: Page, runId: string): Promise<unknown> => {
    const address = `/api/v2/dags/green/dagRuns/${encodeURIComponent(runId)}`;
    return ((await console.call(page, address)) as { state: string }).state;
  };

  it('shows what it stops, stops it, and keeps what the stopped try logged', async () => {
    const page = await console.open('/dags/green');
    const { stopped } = await startRun(page);
    await page.getByRole('button', { name: 'Cancel run' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Exactly 1 task: 1 is stopped at work').waitFor();
    expect(await dialog.getByRole('listitem').allTextContents()).toEqual([
      expect.stringMatching(/second.*running.*failed/),
    ]);
    expect(existsSync(stopped)).toBe(false);
    await dialog.getByRole('button', { name: 'Cancel run and stop 1 task' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page
      .getByRole('heading', { name: /^The run was marked failed by hand while second was/ })
      .waitFor();
    // The task itself ends: it was told, not only forgotten.
    await untilTrue('the task to be stopped', () => existsSync(stopped));
    await page.getByRole('button', { name: 'Logs', exact: true }).click();
    await page.getByRole('log').getByText('second waits').waitFor();
    await page.getByRole('log').getByText('the task is asked to stop').waitFor();
    await page.context().close();
  });

  it('is asked for by key and by palette, and changes nothing until it is agreed to', async () => {
    const page = await console.open('/dags/green');
    const { runId, gate } = await startRun(page);
    const dialog = page.getByRole('dialog');
    await page.keyboard.press('Shift+C');
    await dialog.getByText('Exactly 1 task').waitFor();
    // It starts on the button that changes nothing.
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Search or jump to' }).waitFor();
    await page.keyboard.type(`cancel run ${runId.slice(-8)}`);
    await page.getByRole('menuitem', { name: /^Cancel run/ }).waitFor();
    await page.keyboard.press('Enter');
    await dialog.getByText('Exactly 1 task').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await stateOf(page, runId)).toBe('running');
    writeFileSync(gate, '');
    await page.getByText(/^The run succeeded/).waitFor();
    await page.context().close();
  });

  it('does not undo a success that came while the question stood open', async () => {
    const page = await console.open('/dags/green');
    const { runId, gate } = await startRun(page);
    await page.keyboard.press('Shift+C');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Exactly 1 task').waitFor();
    // The dialog's own news are held back, so that it asks for what is no longer so.
    await page.route('**/mark?**', (route) => route.abort());
    await page.route('**/ui/events**', (route) => route.abort());
    writeFileSync(gate, '');
    await untilTrue('its end', async () => (await stateOf(page, runId)) === 'success');
    const verb = dialog.getByRole('button', { name: /^Cancel run/ });
    if (await verb.isVisible()) {
      await verb.click();
      await dialog.getByText(/the run is success by now/).waitFor();
    }
    expect(await stateOf(page, runId)).toBe('success');
    await page.context().close();
  });

  it('is offered for each run under way in the list of runs, by key too', async () => {
    const page = await console.open('/dags/green');
    const { runId } = await startRun(page);
    await page.goto('/runs?state=running');
    const cancel = page.getByRole('button', { name: `Cancel run ${runId} of green` });
    await cancel.waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Shift+C');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Exactly 1 task').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await cancel.click();
    await dialog.getByRole('button', { name: 'Cancel run and stop 1 task' }).click();
    await dialog.waitFor({ state: 'detached' });
    await untilTrue('its end', async () => (await stateOf(page, runId)) === 'failed');
    await cancel.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('marks a failed run success, with its tasks', async () => {
    const page = await console.open('/dags/broken');
    const runId = await console.trigger(page, 'broken');
    await page.goto(`/dags/broken/runs/${encodeURIComponent(runId)}`);
    await page.getByRole('heading', { name: /^load failed after 2 tries/ }).waitFor();
    await page.getByRole('button', { name: 'Mark run…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Exactly 2 tasks').waitFor();
    expect(await console.findings(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Mark run success' }).click();
    await page.getByText(/^The run succeeded/).waitFor();
    await page.context().close();
  });
});
