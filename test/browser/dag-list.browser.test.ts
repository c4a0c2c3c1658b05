import { afterAll, beforeAll, expect, it } from 'vitest';

import { until } from '../end-to-end/until.ts';
import { ConsoleUnderTest, describeConsole } from './console-under-test.ts';

describeConsole('the list of DAGs', () => {
  let console: ConsoleUnderTest;
  beforeAll(async () => {
    console = await ConsoleUnderTest.launch();
  });
  afterAll(() => console[Symbol.asyncDispose]());

  it('finds by name, tag and owner, keeps it in the address, and names the word to drop', async () => {
    const page = await console.open('/dags');
    await page.getByRole('link', { name: 'plain' }).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('tag:watched owner:tests');
    await page.waitForURL(/q=tag/);
    await page.getByRole('link', { name: 'plain' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'green' }).first().waitFor();
    await page.getByLabel('Filter DAGs').fill('tag:watched owner:nobody');
    await page.getByText('None of the 6 DAGs matches').waitFor();
    await page.getByRole('button', { name: 'Drop owner:nobody' }).click();
    await page.getByRole('link', { name: 'green' }).first().waitFor();
    await page.context().close();
  });

  it('pauses and unpauses a DAG', async () => {
    const page = await console.open('/dags');
    const toggle = page.getByRole('switch', { name: 'plain is active' });
    await toggle.click();
    await page.getByText('plain is paused').waitFor();
    expect(await toggle.getAttribute('aria-checked')).toBe('false');
    const dag = await console.call(page, '/api/v2/dags/plain');
    expect(dag).toMatchObject({ is_paused: true });
    await toggle.click();
    await until('the switch to be on again', async () =>
      (await toggle.getAttribute('aria-checked')) === 'true' ? true : undefined,
    );
    await page.context().close();
  });

  it('goes to a DAG and changes the theme from the palette, by keyboard alone', async () => {
    const page = await console.open('/dags');
    await page.getByRole('link', { name: 'green' }).first().waitFor();
    // It comes by itself: letters typed right behind the key must not be keys of the page.
    await page.waitForFunction(() =>
      performance.getEntriesByType('resource').some(({ name }) => /Palette.*\.js$/.test(name)),
    );
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('theme dark');
    await page.getByRole('menuitem', { name: 'Theme dark' }).waitFor();
    await page.keyboard.press('Enter');
    await until('the dark theme', async () =>
      (await page.locator('html').getAttribute('data-theme')) === 'dark' ? true : undefined,
    );
    await page.keyboard.press('Control+k');
    await page.keyboard.type('dag green');
    await page.getByRole('menuitem', { name: 'DAG green' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/dags\/green$/);
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.context().close();
  });

  it('keeps what it shows and says so while the API is away', async () => {
    const page = await console.open('/dags');
    await page.getByRole('link', { name: 'green' }).first().waitFor();
    await page.context().setOffline(true);
    await page.getByText('The API does not answer.').waitFor({ timeout: 60_000 });
    expect(await page.getByRole('link', { name: 'green' }).first().isVisible()).toBe(true);
    await page.context().setOffline(false);
    await page
      .getByText('The API does not answer.')
      .waitFor({ state: 'detached', timeout: 60_000 });
    await page.context().close();
  });
});
