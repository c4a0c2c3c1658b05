import { cpSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { DagRunResponse } from '@tidegate/web/contract';

import { StandaloneUnderTest } from '../end-to-end/standalone-under-test.ts';
import { type Ended, runTidegate } from './run-tidegate.ts';

const DAGS = fileURLToPath(new URL('dags', import.meta.url));

/** `npm start` with the DAGs of this folder, and the command line of its home. */
export class ProductForCommands implements AsyncDisposable {
  readonly #env: NodeJS.ProcessEnv = { TIDEGATE_CAPTURE: 'off' };
  readonly #product = new StandaloneUnderTest({ env: this.#env });
  /** DAG files put here are registered. */
  readonly dags = path.join(this.#product.scratch, 'dags');

  async start(): Promise<void> {
    cpSync(DAGS, this.dags, { recursive: true });
    this.#env['TIDEGATE_DAGS_FOLDER'] = this.dags;
    await this.#product.start();
  }

  get home(): string {
    return this.#product.home;
  }

  get scratch(): string {
    return this.#product.scratch;
  }

  get url(): string {
    return this.#product.url;
  }

  /** Runs one command line to its end. */
  run(...args: string[]): Promise<Ended> {
    return this.runWithInput('', ...args);
  }

  runWithInput(input: string, ...args: string[]): Promise<Ended> {
    return runTidegate(args, { TIDEGATE_HOME: this.home }, input);
  }

  async stateOf(runId: string): Promise<string> {
    const { out } = await this.run('runs', 'show', 'steps', runId, '-o', 'json');
    return (JSON.parse(out) as DagRunResponse).state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#product[Symbol.asyncDispose]();
  }
}
