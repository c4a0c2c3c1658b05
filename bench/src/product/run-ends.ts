import pg from 'pg';

const CHANNEL = 'bench_run_ended';

/** A trigger of the bench's own: its price, some 20 us a run, is part of what is measured. */
const TELL = `
create or replace function tidegate.bench_tell_end() returns trigger language plpgsql as $$
begin
  perform pg_notify('${CHANNEL}', new.state || ' ' || new.run_id);
  return null;
end $$;
create or replace trigger bench_tell_end after update of state on tidegate.dag_run
  for each row when (new.state in ('success', 'failed')) execute function tidegate.bench_tell_end();
listen ${CHANNEL}`;

/**
 * Hears of every run's end from the database, as soon as it is committed. Asking for it again and again would
 * be late by half a pause, and take CPU from what is measured.
 */
export class RunEnds {
  readonly #client: pg.Client;
  readonly #states = new Map<string, string>();
  #heard: () => void = () => undefined;

  private constructor(client: pg.Client) {
    this.#client = client;
    client.on('error', () => undefined);
    client.on('notification', ({ payload = '' }) => {
      const [state = '', runId = ''] = payload.split(' ');
      this.#states.set(runId, state);
      this.#heard();
    });
  }

  static async listen(metadataUrl: string): Promise<RunEnds> {
    const client = new pg.Client({ connectionString: metadataUrl });
    await client.connect();
    await client.query(TELL);
    return new RunEnds(client);
  }

  /** Resolves when the runs succeeded; throws where one did not. */
  async until(runIds: readonly string[]): Promise<void> {
    for (const runId of runIds) {
      while (!this.#states.has(runId)) await new Promise<void>((next) => (this.#heard = next));
      if (this.#states.get(runId) !== 'success') throw new Error(`run ${runId} failed`);
      this.#states.delete(runId);
    }
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}
