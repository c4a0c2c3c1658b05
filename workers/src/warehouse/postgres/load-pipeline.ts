import type { TaskSource } from '@tidegate/engine/dag';

import type { Chunk, ChunkPart } from './chunk.ts';
import { loadChunk } from './load-chunk.ts';
import type { LoadStep } from './load-message.ts';
import type { LoaderSession } from './loader-session.ts';
import { isRefusedRow } from './outage.ts';
import { withoutRefusedRows } from './refused-rows.ts';
import { throughOutages, type WaitContext } from './waiting.ts';

export interface PipelineOptions {
  readonly context: WaitContext & { readonly source: TaskSource };
  /** Named in what the run says it waits for. */
  readonly what: string;
  readonly step: () => LoadStep;
  readonly openSession: () => Promise<LoaderSession>;
  readonly onLoaded: (parts: readonly ChunkPart[]) => void;
}

/**
 * Loads chunks in order over two connections: while one runs the transaction of a chunk, the other stages
 * the next. A third would gain nothing, since loads of one target exclude each other.
 */
export class LoadPipeline {
  readonly #options: PipelineOptions;
  readonly #sessions: (LoaderSession | undefined)[];
  readonly #busy: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
  #previous: Promise<boolean> = Promise.resolve(true);
  #turn = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(first: LoaderSession, options: PipelineOptions) {
    this.#options = options;
    this.#sessions = [first, undefined];
  }

  /** Takes a chunk as soon as a connection is free. Throws what an earlier chunk failed with. */
  async submit(chunk: Chunk): Promise<void> {
    const slot = this.#turn;
    this.#turn = 1 - slot;
    await this.#busy[slot];
    if (this.#failure !== undefined) throw this.#failure.error;
    const ready = this.#previous;
    const load = this.#load(slot, chunk, ready);
    this.#busy[slot] = load;
    this.#previous = load;
  }

  /** Waits for every chunk submitted. */
  async finish(): Promise<void> {
    await Promise.all(this.#busy);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Cuts the connections: what they are doing ends with an error. */
  destroy(): void {
    for (const session of this.#sessions) session?.destroy();
  }

  /** The connections, once nothing runs on them. */
  async release(): Promise<readonly LoaderSession[]> {
    await Promise.all(this.#busy);
    return this.#sessions.filter((session) => session !== undefined);
  }

  async #load(slot: number, chunk: Chunk, ready: Promise<boolean>): Promise<boolean> {
    try {
      const parts = await throughOutages(this.#options.context, this.#options.what, async () =>
        this.#attempt(await this.#session(slot), { chunk, ready }),
      );
      if (parts !== undefined) this.#options.onLoaded(parts);
      return parts !== undefined;
    } catch (error) {
      this.#failure ??= { error };
      return false;
    }
  }

  async #session(slot: number): Promise<LoaderSession> {
    const known = this.#sessions[slot];
    if (known?.isUsable === true) return known;
    const opened = await this.#options.openSession();
    this.#sessions[slot] = opened;
    return opened;
  }

  /** Loads the chunk; rows the tables refuse go to quarantine, and the rest is loaded. */
  async #attempt(
    session: LoaderSession,
    load: { readonly chunk: Chunk; readonly ready: Promise<boolean> },
  ): Promise<readonly ChunkPart[] | undefined> {
    const step = this.#options.step();
    let { chunk } = load;
    for (;;) {
      try {
        return await loadChunk(session, step, { chunk, ready: load.ready });
      } catch (error) {
        if (!isRefusedRow(error)) throw error;
        if (!(await load.ready)) return undefined;
        const { source } = this.#options.context;
        const rest = await withoutRefusedRows(session, step, { chunk, source });
        if (rest.refused.length === chunk.refused.length) throw error;
        chunk = rest;
      }
    }
  }
}
