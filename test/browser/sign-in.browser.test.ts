import { afterAll, beforeAll, expect, it } from 'vitest';

import { ConsoleUnderTest, describeConsole } from './console-under-test.ts';

describeConsole('signing in', () => {
  let console: ConsoleUnderTest;
  beforeAll(async () => {
    console = await ConsoleUnderTest.launch();
  });
  afterAll(() => console[Symbol.asyncDispose]());

  it('refuses a wrong password in words, then leads back to where one came from', async () => {
    const page = await console.open('/dags?q=green', { isSignedIn: false });
    await page.waitForURL(/\/sign-in/);
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Password').fill('admin');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/dags\?q=green$/);
    await page.getByRole('link', { name: 'green' }).first().waitFor();
    expect(await page.getByRole('link', { name: 'broken' }).count()).toBe(0);
    await page.context().close();
  });

  it('comes back to the very same view after the session ended', async () => {
    const page = await console.open('/runs?state=failed');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.context().clearCookies();
    await page.waitForURL(/\/sign-in\?to=/, { timeout: 60_000 });
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill('admin');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/runs\?state=failed$/);
    await page.getByRole('button', { name: 'failed', pressed: true }).waitFor();
    await page.context().close();
  });

  it('says that an address leads nowhere, and that a run is not there', async () => {
    const page = await console.open('/no/such/page');
    await page.getByText('There is no page at this address.').waitFor();
    await page.goto('/dags/green/runs/missing');
    await page.getByText('There is no run missing of green').waitFor();
    await page.context().close();
  });
});
