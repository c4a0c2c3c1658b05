import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type {
  RegisteredFile,
  RegisterRequest,
  RegisterResponse,
} from '@tidegate/engine/execution-contract';
import type { Logger } from '@tidegate/engine/platform';

import type { DagOwners } from './dag-owners.ts';
import { evaluateFile, type EvaluateLimits, type Evaluation } from './evaluate-file.ts';
import { toImportFailure, type Fault } from './fault.ts';
import type { DagFile } from './find-dag-files.ts';
import { InputSnapshot } from './input-snapshot.ts';
import type { RegistrationClient } from './registration-client.ts';
import type { Slots } from './slots.ts';

/** What all files of a registration share. */
export interface RegistrationParts {
  readonly client: RegistrationClient;
  readonly owners: DagOwners;
  readonly slots: Slots;
  readonly limits: EvaluateLimits;
  readonly log: Logger;
  /** DAG ids a file had are free: another file may be waiting for one. */
  readonly onIdsFreed: () => void;
}

/** What may mend itself without a change of the file or what it imports. */
const WORTH_ANOTHER_LOOK = new Set([
  'IMPORT_UNRESOLVED',
  'FILE_UNREADABLE',
  'DUPLICATE_DAG_ID',
  'REGISTRATION_REFUSED',
]);
/** A file that is written all the time, or on a disk whose clock is ahead, is registered all the same. */
const MOST_ROUNDS = 10;

/** The engine's words for a pool nobody has created yet, and for one that is too small for a task. */
const POOL_UNFIT = new Set<string | undefined>(['POOL_MISSING', 'POOL_TOO_SMALL']);

type Registered = Parameters<RegistrationClient['register']>;

/** One DAG file: loads it when something it follows from has changed, and tells the engine. */
export class FileRegistration {
  readonly #file: DagFile;
  /** Under which name the engine knows it. */
  readonly #name: string;
  readonly #parts: RegistrationParts;
  #snapshot: InputSnapshot | undefined;
  #faultCode: string | null = null;
  /** What the engine refused for want of something that may come at any time: offered again as it is. */
  #refused: Registered | undefined;
  /** What the engine answered last. */
  #answer: RegisterResponse | undefined;
  #running: Promise<void> | undefined;
  #abort = new AbortController();
  #isStopped = false;
  #isLoading = false;

  constructor(file: DagFile, name: string, parts: RegistrationParts) {
    this.#file = file;
    this.#name = name;
    this.#parts = parts;
  }

  /** Loads and registers the file unless nothing changed. `thorough`: something in the folder did. */
  refresh(thorough: boolean): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#refresh(thorough).finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    // Without this a file that was mended would wait for its endless loop to be killed.
    return this.#abandonIfChanged().then(() => this.#running);
  }

  /** After a failover: loads and registers the file anew if the engine does not know what it answered. */
  async remind(known: RegisteredFile | undefined): Promise<void> {
    await this.atRest();
    if (this.#answer === undefined || isKnown(this.#answer, known)) return;
    this.#parts.log.warn(
      { file: this.#name },
      'the engine has forgotten this DAG file: registered again',
    );
    this.#snapshot = undefined;
    await this.refresh(true);
  }

  /** Resolves when nothing of the file is under way. */
  async atRest(): Promise<void> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#abort.abort();
    await this.#running;
  }

  async #refresh(thorough: boolean): Promise<void> {
    if (this.#snapshot !== undefined && !(await this.#needsLoad(this.#snapshot, thorough))) {
      await this.#offerAgain();
      return;
    }
    for (let round = 0; round < MOST_ROUNDS && !this.#isStopped; round += 1) {
      if (await this.#load(round === MOST_ROUNDS - 1)) return;
    }
  }

  async #needsLoad(snapshot: InputSnapshot, thorough: boolean): Promise<boolean> {
    if (thorough && this.#faultCode !== null && WORTH_ANOTHER_LOOK.has(this.#faultCode))
      return true;
    return snapshot.hasChanged(thorough);
  }

  async #abandonIfChanged(): Promise<void> {
    if (this.#isLoading && (await this.#snapshot?.hasChanged(true)) === true) this.#abort.abort();
  }

  /** Answers false when what was loaded is old already. */
  async #load(isLast: boolean): Promise<boolean> {
    const { slots, limits } = this.#parts;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#snapshot = await InputSnapshot.take([this.#file.path]);
    this.#refused = undefined;
    const startedAtMs = Date.now();
    this.#isLoading = true;
    const evaluation = await slots
      .run(() => evaluateFile(this.#file, limits, signal))
      .finally(() => {
        this.#isLoading = false;
      });
    if (signal.aborted) return false;
    const source = await readFile(this.#file.path, 'utf8').catch(() => '');
    this.#snapshot = await InputSnapshot.take([this.#file.path, ...evaluation.inputs]);
    // Written in the midst of the load: which version was read cannot be told.
    if (this.#snapshot.newestMs() > startedAtMs && !isLast) return false;
    await this.#register(evaluation, source, Date.now() - startedAtMs);
    return true;
  }

  async #register({ result }: Evaluation, source: string, loadMs: number): Promise<void> {
    const { client, owners } = this.#parts;
    const dags = result.kind === 'evaluated' ? result.dags : [];
    const ids = dags.map(({ serialized }) => serialized.id);
    const fault = result.kind === 'failed' ? result.fault : owners.claim(this.#name, ids);
    if (fault === undefined && owners.release(this.#name, ids)) this.#parts.onIdsFreed();
    this.#faultCode = fault?.code ?? null;
    if (fault !== undefined) await this.#registerFault(fault);
    if (fault !== undefined || result.kind === 'failed') return;
    const { hash } = result.bundle;
    const request: RegisterRequest = {
      file: this.#name,
      dags: dags.map(({ exportName, serialized }) => ({
        serialized,
        source,
        bundle: { hash, exportName },
      })),
      error: null,
    };
    const response = await client.register(request, result.bundle);
    this.#heed(response, [request, result.bundle]);
    this.#say(response, Math.round(loadMs));
  }

  #heed(response: RegisterResponse, registered: Registered): void {
    this.#answer = response;
    this.#faultCode = response.error === null ? null : 'REGISTRATION_REFUSED';
    this.#refused = POOL_UNFIT.has(response.error?.code) ? registered : undefined;
  }

  async #offerAgain(): Promise<void> {
    if (this.#refused === undefined) return;
    const response = await this.#parts.client.register(...this.#refused);
    this.#heed(response, this.#refused);
    if (response.error === null) this.#say(response, 0);
  }

  async #registerFault(fault: Fault): Promise<void> {
    const text =
      fault.file === null
        ? undefined
        : await readFile(join(this.#file.folder, fault.file), 'utf8').catch(() => undefined);
    const error = toImportFailure(fault, this.#file.file, text);
    const request = { file: this.#name, dags: [], error };
    this.#answer = await this.#parts.client.register(request, null);
    const { code, message, line } = error;
    this.#parts.log.warn(
      { file: this.#name, code, line, reason: message },
      'DAG file not registered',
    );
  }

  #say(response: RegisterResponse, loadMs: number): void {
    const { log } = this.#parts;
    const file = this.#name;
    if (response.error !== null) {
      const { code, message } = response.error;
      log.warn({ file, code, reason: message }, 'DAG file refused by the engine');
      return;
    }
    const dags = response.dags.map(({ id, version }) => `${id} v${version}`);
    log.info({ file, dags, loadMs }, 'DAG file registered');
  }
}

/** A file with an error keeps its last good DAGs, whatever they are. */
function isKnown(answer: RegisterResponse, known: RegisteredFile | undefined): boolean {
  if (answer.error !== null) return known?.error === answer.error.code;
  if (known === undefined || known.error !== null) return false;
  const versions = new Map(known.dags.map(({ id, version }) => [id, version]));
  return (
    versions.size === answer.dags.length &&
    answer.dags.every(({ id, version }) => versions.get(id) === version)
  );
}
