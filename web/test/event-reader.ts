import assert from 'node:assert/strict';

import type { UiChanges } from '../src/contract/index.ts';

export interface ReadEvent {
  readonly id: string;
  readonly name: string;
  /** Only `changes` has runs. */
  readonly data: Partial<UiChanges>;
}

/** Reads a server-sent stream as it comes. */
export class EventReader implements AsyncDisposable {
  readonly events: ReadEvent[] = [];
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;
  private readonly aborting = new AbortController();
  private news: () => void = () => undefined;

  private constructor(body: ReadableStream<Uint8Array>) {
    this.ended = this.read(body).catch(() => undefined);
  }

  static async open(url: string, headers: Record<string, string>): Promise<EventReader> {
    const response = await fetch(url, { headers });
    assert(response.ok && response.body !== null, `${response.status} of ${url}`);
    return new EventReader(response.body);
  }

  /** The first event, of those read and to come, that is meant. */
  async until(isMeant: (event: ReadEvent) => boolean): Promise<ReadEvent> {
    for (;;) {
      const found = this.events.find(isMeant);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.news = resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.aborting.abort();
    await this.ended;
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    this.aborting.signal.addEventListener('abort', () => void reader.cancel());
    const decoder = new TextDecoder();
    let text = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) this.take(frame);
    }
  }

  private take(frame: string): void {
    const fields = new Map(
      frame.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]),
    );
    const name = fields.get('event');
    if (name === undefined) return;
    const data = JSON.parse(fields.get('data') ?? '{}') as UiChanges;
    this.events.push({ id: fields.get('id') ?? '', name, data });
    this.news();
  }
}
