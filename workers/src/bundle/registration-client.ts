import { setTimeout as wait } from 'node:timers/promises';

import {
  EXECUTION_ROUTES,
  type RegisteredFilesResponse,
  type RegisterRequest,
  type RegisterResponse,
} from '@tidegate/engine/execution-contract';
import { toError, type Logger } from '@tidegate/engine/platform';

import type { BundledFile } from './bundle-file.ts';
import { bundleError } from './errors.ts';

export interface RegistrationClientOptions {
  readonly executionUrl: string;
  readonly workerToken: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

interface Sent {
  readonly contentType: string;
  readonly body: string;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const REQUEST_MS = 30_000;

/**
 * Puts bundles and DAGs over the execution API. Both calls may be repeated safely: a bundle goes by its content, and
 * registering the same graph again changes nothing. So everything is tried until it succeeds or we stop.
 */
export class RegistrationClient {
  readonly #options: RegistrationClientOptions;
  /** Bundles the engine is known to have. */
  readonly #stored = new Set<string>();

  constructor(options: RegistrationClientOptions) {
    this.#options = options;
  }

  /** Stores the bundle, unless this process did before, then registers what the file has. */
  async register(request: RegisterRequest, bundle: BundledFile | null): Promise<RegisterResponse> {
    if (bundle !== null && !this.#stored.has(bundle.hash)) {
      const path = `${EXECUTION_ROUTES.artefact}/${bundle.hash}`;
      await this.#put(path, 'application/octet-stream', bundle.text);
      this.#stored.add(bundle.hash);
    }
    const body = JSON.stringify(request);
    const answer = await this.#put(EXECUTION_ROUTES.dags, 'application/json', body);
    return JSON.parse(answer) as RegisterResponse;
  }

  /** What the engine knows of all files; undefined while it does not answer. */
  async list(): Promise<RegisteredFilesResponse | undefined> {
    try {
      const answer = await this.#ask('GET', EXECUTION_ROUTES.dags);
      return JSON.parse(answer) as RegisteredFilesResponse;
    } catch {
      return undefined;
    }
  }

  /** Bundles may be lost with what the engine forgot: each is stored anew before it is used again. */
  forgetStored(): void {
    this.#stored.clear();
  }

  async #put(path: string, contentType: string, body: string): Promise<string> {
    const { signal, log } = this.#options;
    let pauseMs = FIRST_PAUSE_MS;
    let isSaid = false;
    for (;;) {
      signal.throwIfAborted();
      try {
        return await this.#ask('PUT', path, { contentType, body });
      } catch (thrown) {
        signal.throwIfAborted();
        // Once an outage: the engine may be starting, and a line a try would hide all others.
        if (!isSaid) log.warn({ err: toError(thrown), path }, 'registration waits for the engine');
        isSaid = true;
        await wait(pauseMs, undefined, { signal });
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  async #ask(method: 'GET' | 'PUT', path: string, sent?: Sent): Promise<string> {
    const { executionUrl, workerToken, signal } = this.#options;
    const authorization = `Bearer ${workerToken}`;
    const response = await fetch(new URL(path, executionUrl), {
      method,
      headers: { authorization, ...(sent && { 'content-type': sent.contentType }) },
      ...(sent && { body: sent.body }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
    });
    const text = await response.text();
    if (response.ok) return text;
    throw bundleError(
      'REGISTRATION_REFUSED',
      `${method} ${path} was answered with ${response.status}: ${text.slice(0, 500)}`,
      { retriable: true, details: { status: response.status } },
    );
  }
}
