import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { ConsoleUnderTest, describeConsole } from './console-under-test.ts';

describeConsole('runs', () => {
  let console: ConsoleUnderTest;
  beforeAll(async () => {
    console = await ConsoleUnderTest.launch();
  });
  afterAll(() => console[Symbol.asyncDispose]());

  it('triggers a run with the form of its params and shows it go green without a reload', async () => {
    const gate = path.join(console.scratch, 'gate');
    const page = await console.open('/dags');
    await page.getByRole('button', { name: 'Trigger green' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('spinbutton', { name: 'times' }).fill('3');
    await dialog.getByRole('textbox', { name: 'gate' }).fill(gate);
    await dialog.getByRole('button', { name: 'Trigger green' }).click();
    await page.waitForURL(/\/dags\/green\/runs\//);
    await page.getByText('second is running.').waitFor();
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    writeFileSync(gate, '');
    await page.getByText(/^The run succeeded/).waitFor();
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
    await page.getByRole('button', { name: 'Params' }).click();
    await page.getByText('"times": 3').waitFor();
    await page.context().close();
  });

  it('says what is wrong with the params beside the field', async () => {
    const page = await console.open('/dags/green?trigger=green');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('spinbutton', { name: 'times' }).fill('99');
    await dialog.getByRole('button', { name: 'Trigger green' }).click();
    await dialog.getByRole('alert').first().waitFor();
    await dialog.getByRole('button', { name: 'JSON' }).click();
    await dialog.getByRole('textbox', { name: 'Params' }).fill('[1]');
    await dialog.getByRole('button', { name: 'Trigger green' }).click();
    await dialog.getByText('a JSON object is meant').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('opens a failed run at its failure: root task, error, first bad line, tries', async () => {
    const page = await console.open('/dags/broken');
    const runId = await console.trigger(page, 'broken');
    await page.goto(`/dags/broken/runs/${encodeURIComponent(runId)}`);
    await page.getByRole('heading', { name: /^load failed after 2 tries/ }).waitFor();
    await page.getByRole('heading', { name: 'column price is missing', exact: true }).waitFor();
    const line = page.getByText('the table orders has no column price');
    await line.first().waitFor();
    await page.getByRole('button', { name: /^Try 1/ }).click();
    await page.waitForURL(/tab=logs/);
    await page.getByRole('log').getByText('loading').waitFor();
    await page.getByRole('button', { name: /^Error \d/ }).click();
    await page.getByRole('log').getByText('loading').waitFor({ state: 'detached' });
    await line.first().waitFor();
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByLabel('Find in this log').fill('no column');
    await page.getByText('1 of 1').waitFor();
    await page.context().close();
  });

  it('shows exactly what a retry runs again before it does', async () => {
    const page = await console.open('/dags/broken');
    const runId = await console.trigger(page, 'broken');
    await page.goto(`/dags/broken/runs/${encodeURIComponent(runId)}`);
    await page.getByRole('heading', { name: /^load failed after 2 tries/ }).waitFor();
    await page.keyboard.press('Shift+R');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Exactly 2 tasks').waitFor();
    expect(await dialog.getByRole('listitem').allTextContents()).toEqual([
      expect.stringContaining('load'),
      expect.stringContaining('publish'),
    ]);
    await dialog.getByRole('button', { name: 'Retry 2 tasks' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('cleared').waitFor();
    await page.getByRole('heading', { name: /^load failed after [34] tries/ }).waitFor();
    await page.context().close();
  });

  it('marks a task and lets the run end by it', async () => {
    const page = await console.open('/dags/broken');
    const runId = await console.trigger(page, 'broken');
    await page.goto(`/dags/broken/runs/${encodeURIComponent(runId)}?tab=tasks&task=publish`);
    await page.getByRole('heading', { name: /^load failed/ }).waitFor();
    await page.getByRole('button', { name: 'Mark…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Exactly 1 task').waitFor();
    await dialog.getByRole('button', { name: 'Mark success' }).click();
    await page.getByText('publish is marked success').waitFor();
    await page.context().close();
  });

  it('chooses a cell of the grid by keyboard and shows it beside the grid', async () => {
    const page = await console.open('/dags/broken');
    await console.trigger(page, 'broken');
    const grid = page.getByRole('application');
    await grid.focus();
    await page.keyboard.press('End');
    await page.waitForURL(/run=/);
    await page.getByRole('complementary', { name: 'Details' }).getByText('load').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.waitForURL(/task=publish/);
    await page.context().close();
  });
});
