import type { PostgresClient } from './silent-postgres.ts';

const BEAT_MS = 2_000;
const ANSWER_MS = 3_000;

/**
 * Asks a connection that only listens, every two seconds, whether it is still there: nobody notices otherwise that
 * a half-open one hears nothing. `onLost` is called once, when it did not answer; the function answered ends it.
 */
export function startHeartbeat(client: PostgresClient, onLost: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const beat = (): void => {
    client.query({ text: 'select', query_timeout: ANSWER_MS }).then(beatLater, () => {
      if (!isStopped) onLost();
      isStopped = true;
    });
  };
  const beatLater = (): void => {
    if (!isStopped) timer = setTimeout(beat, BEAT_MS).unref();
  };
  beatLater();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
