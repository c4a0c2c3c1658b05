import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { describe, inject } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Chromium as root and in a container. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
];

/** Generous: the machine may be busy with other tests. */
const WITHIN_MS = 30_000;

/** A suite on the running product in a real browser; skipped under a name that says why. */
export function describeConsole(name: string, suite: () => void): void {
  if (inject('browserTarget') === null) describe.skip(`${name} [SKIPPED: no chromium]`, suite);
  else describe(name, suite);
}

export interface PageOptions {
  readonly width?: number;
  readonly theme?: 'light' | 'dark';
  readonly isSignedIn?: boolean;
  /** Signed in as a user of this role. (Default: the administrator) */
  readonly role?: Role;
}

type Role = 'viewer' | 'user' | 'op' | 'admin';

const ADMIN = { username: 'admin', password: 'admin' };

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

/** The product's console in a browser of its own. */
export class ConsoleUnderTest implements AsyncDisposable {
  readonly scratch = mkdtempSync(path.join(os.tmpdir(), 'tidegate-browser-'));
  readonly url: string;
  readonly #browser: Browser;
  readonly #cookies = new Map<string, Awaited<ReturnType<BrowserContext['cookies']>>>();

  private constructor(url: string, browser: Browser) {
    this.url = url;
    this.#browser = browser;
  }

  static async launch(): Promise<ConsoleUnderTest> {
    const target = inject('browserTarget');
    if (target === null) throw new Error('there is no chromium: use describeConsole');
    const browser = await chromium.launch({ executablePath: target.chromium, args: ARGUMENTS });
    return new ConsoleUnderTest(target.url, browser);
  }

  /** A page in a profile of its own, signed in as the administrator unless said otherwise. */
  async open(address: string, options: PageOptions = {}): Promise<Page> {
    const { width = 1_440, theme = 'light', isSignedIn = true, role = 'admin' } = options;
    const context = await this.#browser.newContext({
      baseURL: this.url,
      viewport: { width, height: 900 },
      colorScheme: theme,
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(WITHIN_MS);
    if (isSignedIn) await this.#signIn(context, role);
    const page = await context.newPage();
    await page.goto(address);
    return page;
  }

  /** Calls the API as the page's user; answers the body. With data it is a POST. */
  async call(page: Page, address: string, data?: unknown): Promise<unknown> {
    const headers = { origin: this.url };
    const answer =
      data === undefined
        ? await page.request.get(address)
        : await page.request.post(address, { headers, data });
    if (!answer.ok()) throw new Error(`${address}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  }

  /** Triggers a DAG and answers the run's id. */
  async trigger(page: Page, dagId: string, conf: Record<string, unknown> = {}): Promise<string> {
    const run = await this.call(page, `/api/v2/dags/${dagId}/dagRuns`, { conf });
    return (run as { dag_run_id: string }).dag_run_id;
  }

  /** Serious and critical findings of axe on what shows, as text. */
  async findings(page: Page): Promise<readonly string[]> {
    // The product's own policy forbids foreign scripts; evaluating one is the debugger's right.
    await page.evaluate(AXE);
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run: () => Promise<{ violations: Violation[] }> };
      };
      return (await axe.run()).violations;
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** Status and body of a call of the API as the page's user, whatever it answers. */
  async ask(
    page: Page,
    address: string,
    { method = 'GET', data }: { readonly method?: string; readonly data?: unknown } = {},
  ): Promise<{ readonly status: number; readonly text: string }> {
    const headers = { origin: this.url };
    const answer = await page.request.fetch(address, { method, headers, data });
    return { status: answer.status(), text: await answer.text() };
  }

  /** Once a file by the API, then by its cookie: signing in is slow on purpose and limited. */
  async #signIn(context: BrowserContext, role: Role): Promise<void> {
    const known = this.#cookies.get(role);
    if (known !== undefined) return context.addCookies(known);
    const data = role === 'admin' ? ADMIN : await this.#makeUser(role);
    const headers = { origin: this.url };
    const answer = await context.request.post('/auth/session', { data, headers });
    if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);
    this.#cookies.set(role, await context.cookies());
  }

  /** A new user each time: the product is shared by all files. */
  async #makeUser(role: Role): Promise<typeof ADMIN> {
    const user = { username: `${role}-${randomUUID()}`, password: randomUUID() };
    const page = await this.open('/');
    await this.call(page, '/auth/users', { ...user, role });
    await page.context().close();
    return user;
  }
}
