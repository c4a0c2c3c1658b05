import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { ConsoleUnderTest, describeConsole } from './console-under-test.ts';

const PAGES: Readonly<Record<string, string>> = {
  home: '/',
  'list of DAGs': '/dags',
  grid: '/dags/broken',
  'runs of a DAG': '/dags/broken?tab=runs',
  'tasks of a DAG': '/dags/broken?tab=tasks',
  'list of runs': '/runs',
  streams: '/streams',
};

describeConsole('every page', () => {
  let console: ConsoleUnderTest;
  let failedRun = '';
  beforeAll(async () => {
    console = await ConsoleUnderTest.launch();
    const page = await console.open('/dags/broken');
    const runId = encodeURIComponent(await console.trigger(page, 'broken'));
    failedRun = `/dags/broken/runs/${runId}`;
    await page.goto(failedRun);
    await page.getByRole('heading', { name: /^load failed after 2 tries/ }).waitFor();
    await page.context().close();
  });
  afterAll(() => console[Symbol.asyncDispose]());

  it.each(['light', 'dark'] as const)(
    'has no serious finding of axe in the %s theme',
    async (theme) => {
      const page = await console.open('/dags', { theme });
      const run = {
        run: failedRun,
        logs: `${failedRun}?tab=logs`,
        'tasks of a run': `${failedRun}?tab=tasks`,
      };
      const trigger = { 'trigger form': '/dags/green?trigger=green' };
      const found: Record<string, readonly string[]> = {};
      for (const [name, address] of Object.entries({ ...PAGES, ...run, ...trigger })) {
        await page.goto(address);
        await page.getByRole('heading').first().waitFor();
        await page.getByRole('progressbar', { name: 'Loading' }).waitFor({ state: 'detached' });
        const findings = await console.findings(page);
        if (findings.length > 0) found[name] = findings;
      }
      await page.context().clearCookies();
      await page.goto('/sign-in');
      await page.getByLabel('Password').waitFor();
      const atSignIn = await console.findings(page);
      if (atSignIn.length > 0) found['sign-in'] = atSignIn;
      expect(found).toEqual({});
      await page.context().close();
    },
  );

  it('ships a shell of at most 190 kB compressed', async () => {
    const page = await console.open('/sign-in', { isSignedIn: false });
    const html = await (await page.request.get('/')).text();
    const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(
      ([, file]) => file ?? '',
    );
    expect(files.length).toBeGreaterThan(0);
    let bytes = 0;
    for (const file of files) bytes += gzipSync(await (await page.request.get(file)).body()).length;
    expect(bytes).toBeLessThanOrEqual(190 * 1024);
    await page.context().close();
  });

  it('fits a phone: nothing is wider than the screen, and the menu leads everywhere', async () => {
    const page = await console.open('/dags', { width: 375 });
    for (const address of [...Object.values(PAGES), failedRun]) {
      await page.goto(address);
      await page.getByRole('heading').first().waitFor();
      const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
      expect(width, address).toBeLessThanOrEqual(375);
    }
    await page.getByRole('button', { name: 'Menu' }).click();
    await page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: 'Runs' })
      .click();
    await page.waitForURL(/\/runs$/);
    await page.context().close();
  });
});
