import { availableParallelism } from 'node:os';
import { basename } from 'node:path';

import { toError, type Logger } from '@tidegate/engine/platform';

import { DagOwners } from './dag-owners.ts';
import { writeEditorConfig } from './editor-config.ts';
import type { EvaluateLimits } from './evaluate-file.ts';
import { faultOf, toImportFailure } from './fault.ts';
import { FileRegistration, type RegistrationParts } from './file-registration.ts';
import { findDagFiles, type DagFile } from './find-dag-files.ts';
import { FolderWatcher } from './folder-watcher.ts';
import type { KnownFiles } from './known-files.ts';
import type { RegistrationClient } from './registration-client.ts';
import { Slots } from './slots.ts';

export interface FolderOptions {
  readonly folders: readonly string[];
  readonly rescanMs: number;
  readonly compareMs: number;
}

export interface RegistrarParts {
  readonly client: RegistrationClient;
  readonly known: KnownFiles;
  readonly log: Logger;
  readonly limits: EvaluateLimits;
  readonly signal: AbortSignal;
}

/** A file that loads for longer gives its turn to others. */
const SLOW_MS = 3_000;
/** Saving by delete and create, or a checkout, makes files vanish for a moment. */
const GONE_FOR_MS = 300;

interface NamedFile extends DagFile {
  readonly name: string;
}

/** Keeps the engine's list of DAG files equal to what lies in the folders. */
export class FolderRegistrar {
  readonly #options: FolderOptions;
  readonly #parts: RegistrarParts;
  readonly #shared: RegistrationParts;
  readonly #files = new Map<string, FileRegistration>();
  readonly #outside = new Set<string>();
  /** Files that were there and are not, and since when. */
  readonly #missing = new Map<string, number>();
  readonly #watcher: FolderWatcher;
  readonly #jobs = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #comparing: NodeJS.Timeout | undefined;
  /** Files taken off the engine's list. */
  readonly #gone = new Set<string>();
  #timeline: string | null = null;
  #scanning: Promise<void> | undefined;
  #isWanted = false;
  #unreadable = new Set<string>();

  constructor(options: FolderOptions, parts: RegistrarParts) {
    this.#options = options;
    this.#parts = parts;
    const slots = new Slots(availableParallelism(), SLOW_MS);
    const { client, limits, log } = parts;
    this.#shared = {
      ...{ client, limits, log, slots, owners: new DagOwners() },
      onIdsFreed: () => {
        this.#wake();
      },
    };
    this.#watcher = new FolderWatcher(() => {
      this.#wake();
    }, log);
  }

  /** Resolves once everything found is registered; goes on watching until the signal. */
  async start(): Promise<void> {
    for (const folder of this.#options.folders) await this.#helpEditors(folder);
    for (const name of this.#parts.known.list()) this.#missing.set(name, performance.now());
    this.#timeline = (await this.#parts.client.list())?.timeline ?? null;
    this.#scanning = this.#scan(true);
    await this.#scanning;
    this.#scanning = undefined;
    this.#schedule();
    await Promise.all(this.#jobs);
    this.#scheduleCompare();
  }

  /** After the signal: resolves when nothing runs any more. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#comparing);
    this.#watcher.close();
    await this.#scanning?.catch(() => undefined);
    await Promise.allSettled([...this.#files.values()].map((file) => file.stop()));
    await Promise.allSettled(this.#jobs);
  }

  #schedule(afterMs = this.#options.rescanMs): void {
    clearTimeout(this.#timer);
    if (this.#parts.signal.aborted) return;
    this.#timer = setTimeout(() => {
      void this.#rescan(false);
    }, afterMs);
  }

  #scheduleCompare(): void {
    if (this.#parts.signal.aborted) return;
    this.#comparing = setTimeout(() => {
      this.#run(this.#compare().finally(() => this.#scheduleCompare()));
    }, this.#options.compareMs);
  }

  /** What the engine's database lost in a failover is registered again; until all of it is, the timeline is new. */
  async #compare(): Promise<void> {
    const { client } = this.#parts;
    const timeline = (await client.list())?.timeline ?? null;
    this.#timeline ??= timeline;
    if (timeline === null || timeline === this.#timeline) return;
    client.forgetStored();
    // What is under way was sent to the database as it was, or in part: it ends first.
    for (const file of this.#files.values()) await file.atRest();
    const known = await client.list();
    if (known?.timeline !== timeline) return;
    const byName = new Map(known.files.map((one) => [one.file, one]));
    await Promise.all([...this.#files].map(([name, file]) => file.remind(byName.get(name))));
    for (const name of this.#gone) if (byName.has(name)) this.#missing.set(name, performance.now());
    this.#wake();
    this.#timeline = timeline;
  }

  /** Something changed: look at once, and once more if a look is going on. */
  #wake(): void {
    if (this.#scanning === undefined) void this.#rescan(true);
    else this.#isWanted = true;
  }

  async #rescan(thorough: boolean): Promise<void> {
    if (this.#parts.signal.aborted || this.#scanning !== undefined) return;
    this.#scanning = this.#scan(thorough).catch((thrown: unknown) => {
      this.#parts.log.error({ err: toError(thrown) }, 'DAGs folders could not be looked through');
    });
    await this.#scanning;
    this.#scanning = undefined;
    if (this.#isWanted) {
      this.#isWanted = false;
      void this.#rescan(true);
    } else this.#schedule(this.#missing.size > 0 ? GONE_FOR_MS : undefined);
  }

  async #scan(thorough: boolean): Promise<void> {
    const found = await this.#find();
    this.#watcher.watch(found.directories);
    const present = new Set([...found.files, ...found.outside].map(({ name }) => name));
    await this.#takeOffMissing(present, found.unseen);
    for (const file of found.outside) this.#refuseOutside(file);
    for (const file of found.files) {
      const registration = this.#registrationOf(file);
      this.#run(registration.refresh(thorough));
    }
  }

  async #find(): Promise<{
    readonly files: readonly NamedFile[];
    readonly outside: readonly NamedFile[];
    readonly directories: readonly string[];
    /** Prefixes of folders that could not be read: their files are not missing. */
    readonly unseen: readonly string[];
  }> {
    const found = { files: [], outside: [], directories: [], unseen: [] } as {
      files: NamedFile[];
      outside: NamedFile[];
      directories: string[];
      unseen: string[];
    };
    for (const [index, folder] of this.#options.folders.entries()) {
      const prefix = this.#prefix(index);
      const named = (file: DagFile): NamedFile => ({ ...file, name: `${prefix}${file.file}` });
      try {
        const { files, outside, directories } = await findDagFiles(folder);
        found.files.push(...files.map(named));
        found.outside.push(...outside.map(named));
        found.directories.push(...directories);
        this.#unreadable.delete(folder);
      } catch (thrown) {
        // An unmounted folder is an outage, not a deletion of all its DAGs.
        found.unseen.push(prefix);
        if (!this.#unreadable.has(folder)) {
          this.#parts.log.error({ err: toError(thrown), folder }, 'DAGs folder cannot be read');
        }
        this.#unreadable.add(folder);
      }
    }
    return found;
  }

  /** One folder's files go by their path in it; with several the folder's name comes first. */
  #prefix(index: number): string {
    const { folders } = this.#options;
    if (folders.length === 1) return '';
    const names = folders.map((folder) => basename(folder));
    const name = names[index] ?? '';
    const isShared = names.filter((other) => other === name).length > 1;
    return isShared ? `${name}-${index + 1}/` : `${name}/`;
  }

  #registrationOf(file: NamedFile): FileRegistration {
    const known = this.#files.get(file.name);
    if (known !== undefined) return known;
    const created = new FileRegistration(file, file.name, this.#shared);
    this.#gone.delete(file.name);
    this.#files.set(file.name, created);
    this.#outside.delete(file.name);
    this.#run(this.#parts.known.add(file.name));
    return created;
  }

  #refuseOutside({ name, file }: NamedFile): void {
    if (this.#outside.has(name)) return;
    this.#outside.add(name);
    const fault = faultOf(
      'FILE_UNREADABLE',
      'the file is a link that leads out of the DAGs folder; put the file itself there',
    );
    const error = toImportFailure(fault, file, undefined);
    this.#run(
      this.#parts.client.register({ file: name, dags: [], error }, null).then(() => undefined),
    );
    this.#run(this.#parts.known.add(name));
  }

  async #takeOffMissing(present: ReadonlySet<string>, unseen: readonly string[]): Promise<void> {
    const now = performance.now();
    for (const name of [...this.#files.keys(), ...this.#outside]) {
      if (!present.has(name) && !this.#missing.has(name)) this.#missing.set(name, now);
    }
    for (const [name, since] of this.#missing) {
      const isUnseen = unseen.some((prefix) => name.startsWith(prefix));
      if (present.has(name) || isUnseen) this.#missing.delete(name);
      else if (now - since >= GONE_FOR_MS) await this.#takeOff(name);
    }
  }

  async #takeOff(name: string): Promise<void> {
    await this.#files.get(name)?.stop();
    await this.#parts.client.register({ file: name, dags: [], error: null }, null);
    this.#gone.add(name);
    await this.#parts.known.remove(name);
    this.#files.delete(name);
    this.#outside.delete(name);
    this.#missing.delete(name);
    this.#shared.owners.release(name);
    this.#parts.log.info({ file: name }, 'DAG file gone, its DAGs are stale');
    // Its ids are free: a file that was refused for one of them may have it now.
    this.#isWanted = true;
  }

  async #helpEditors(folder: string): Promise<void> {
    try {
      const isWritten = await writeEditorConfig(folder);
      if (isWritten) this.#parts.log.info({ folder }, 'tsconfig.json for editors written');
    } catch (thrown) {
      this.#parts.log.warn({ err: toError(thrown), folder }, 'tsconfig.json not written');
    }
  }

  #run(job: Promise<void>): void {
    const settled = job
      .catch((thrown: unknown) => {
        if (this.#parts.signal.aborted) return;
        this.#parts.log.error({ err: toError(thrown) }, 'DAG file could not be registered');
      })
      .finally(() => this.#jobs.delete(settled));
    this.#jobs.add(settled);
  }
}
