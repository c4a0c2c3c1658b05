import { afterAll, beforeAll, expect, it } from 'vitest';

import { ConsoleUnderTest, describeConsole } from './console-under-test.ts';

describeConsole('comparing tries, starting from inputs used before, changing many DAGs', () => {
  let console: ConsoleUnderTest;
  beforeAll(async () => {
    console = await ConsoleUnderTest.launch();
  });
  afterAll(() => console[Symbol.asyncDispose]());

  it('compares a try with the one before and with the last success: facts and lines', async () => {
    const page = await console.open('/dags/flaky');
    const well = await console.trigger(page, 'flaky', { rows: 7 });
    const open = async (runId: string) => {
      await page.goto(`/dags/flaky/runs/${encodeURIComponent(runId)}`);
      await page.getByText(/^The run succeeded/).waitFor();
    };
    await open(well);
    await open(await console.trigger(page, 'flaky', { rows: 4, stumbles: true }));
    await page.getByTitle('Try 2, success').waitFor();
    await page.keyboard.press('=');
    await page.waitForURL(/with=try-1/);
    const comparison = page.getByRole('region', { name: 'Comparison' });
    await comparison.getByRole('row', { name: /^ended failed success/ }).waitFor();
    await comparison.getByRole('row', { name: /^error Error: connection reset –/ }).waitFor();
    await comparison.getByText('4 lines are in one log only').waitFor();
    const lines = await comparison.getByRole('listitem').allTextContents();
    expect(lines).toEqual([
      expect.stringMatching(/only before.*the connection was reset/),
      expect.stringMatching(/only before.*the try failed: connection reset/),
      expect.stringMatching(/only now.*loaded 4 rows/),
      expect.stringMatching(/only now.*the try ended well/),
    ]);
    await page.getByLabel('Compare with').selectOption('success');
    await comparison.getByRole('row', { name: /^output \{"rows":7\} \{"rows":4\}/ }).waitFor();
    await comparison.getByText('loaded 7 rows').waitFor();
    expect(await console.findings(page)).toEqual([]);
    await page.keyboard.press('=');
    await comparison.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('starts from the inputs of a run before, and says the same run for a terminal', async () => {
    const page = await console.open('/dags/flaky');
    await console.trigger(page, 'flaky', { rows: 11 });
    await page.goto('/dags/flaky?trigger=flaky');
    const dialog = page.getByRole('dialog');
    const before = dialog.getByLabel('Start from the inputs of a run before');
    const choice = before.getByRole('option', { name: /"rows":\s?11/ });
    await before.selectOption((await choice.getAttribute('value')) ?? '');
    expect(await dialog.getByRole('spinbutton', { name: 'rows' }).inputValue()).toBe('11');
    await dialog.getByRole('spinbutton', { name: 'rows' }).fill('12');
    await dialog.getByLabel('Note').fill("it's late");
    await dialog.getByText('Do it from a terminal').click();
    await dialog
      .getByText(`npx tidegate dags trigger flaky --conf '{"rows":12}' --note 'it'\\''s late'`)
      .waitFor();
    await dialog.getByRole('button', { name: 'curl' }).click();
    await dialog.getByText(`${console.url}/api/v2/dags/flaky/dagRuns`).waitFor();
    expect(await console.findings(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Trigger flaky' }).click();
    await page.waitForURL(/\/dags\/flaky\/runs\//);
    await page.context().close();
  });

  it('pauses, unpauses and triggers the selected DAGs, by keyboard alone', async () => {
    const page = await console.open('/dags?q=tag:many');
    await page.getByRole('link', { name: 'many_a' }).waitFor();
    const dialog = page.getByRole('dialog');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('1 DAG selected').waitFor();
    await page.keyboard.press('Shift+X');
    await page.getByText('2 DAGs selected').waitFor();
    await page.keyboard.press('Shift+P');
    await dialog.getByRole('button', { name: 'Pause 2 DAGs' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => dialog.getByText('is paused').count()).toBe(2);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('switch', { name: 'many_a is active', checked: false }).waitFor();
    await page.keyboard.press('Shift+U');
    await dialog.getByRole('button', { name: 'Unpause 2 DAGs' }).click();
    await expect.poll(() => dialog.getByText('is active').count()).toBe(2);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('Shift+T');
    // The one that needs a param says so in its own line, the other runs.
    await dialog.getByRole('button', { name: 'Trigger 2 DAGs' }).click();
    await dialog.getByText('is triggered').waitFor();
    await dialog.getByRole('alert').getByText('day').waitFor();
    await dialog.getByRole('button', { name: 'Try again: Trigger 1 DAG' }).waitFor();
    expect(await console.findings(page)).toEqual([]);
    const { total_entries: made } = (await console.call(page, '/api/v2/dags/many_a/dagRuns')) as {
      total_entries: number;
    };
    expect(made).toBe(1);
    await page.context().close();
  });
});
