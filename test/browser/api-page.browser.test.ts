import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ConsoleUnderTest, describeConsole } from './console-under-test.ts';

describeConsole("the API's page", () => {
  let console: ConsoleUnderTest;
  beforeAll(async () => {
    console = await ConsoleUnderTest.launch();
  });
  afterAll(() => console[Symbol.asyncDispose]());

  it('tries a call with the session of the console, in its theme', async () => {
    const page = await console.open('/docs', { theme: 'dark' });
    await page.locator('html.dark-mode').waitFor();
    expect(await tryListOfPools(page)).toBe(200);
    await page.getByText('"total_entries": 1').waitFor();
    await page.context().close();
  });

  it('tries none for who has not signed in', async () => {
    const page = await console.open('/docs', { isSignedIn: false });
    expect(await tryListOfPools(page)).toBe(401);
    await page.context().close();
  });
});

/** Opens the call as a reader would, executes it, and answers its status. */
async function tryListOfPools(page: Page): Promise<number> {
  await page.locator('#operations-tag-Pools').click();
  const call = page.locator('#operations-Pools-get_api_v2_pools');
  await call.locator('button').first().click();
  await call.getByRole('button', { name: 'Try it out' }).click();
  const answer = page.waitForResponse(/\/api\/v2\/pools/);
  await call.getByRole('button', { name: 'Execute' }).click();
  return (await answer).status();
}
