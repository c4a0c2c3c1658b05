import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@tidegate/engine/platform';

import type { ServerProcess } from './server-process.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export interface SupervisedServer {
  /** For the log: `PostgreSQL`. */
  readonly name: string;
  /** Starts it where it was before: same folder, same port. */
  readonly startAgain: () => Promise<ServerProcess>;
  readonly logger: Logger;
}

/**
 * Keeps a server of ours running: whoever ended it, it is started again where it was, for as long as that
 * takes. After a kill PostgreSQL refuses to start until the last of its orphans is gone.
 */
export function superviseServer<Server extends ServerProcess>(
  server: Server,
  supervised: SupervisedServer,
): Server {
  const { name, startAgain, logger } = supervised;
  let current: ServerProcess | undefined = server;
  let starting: Promise<void> | undefined;
  let isStopping = false;

  const watch = (one: ServerProcess): void => {
    void one.ended.then((how) => {
      current = undefined;
      if (isStopping) return;
      logger.warn({ server: name, how }, 'a server died and is started again');
      starting = restart();
    });
  };
  const restart = async (): Promise<void> => {
    for (
      let pauseMs = FIRST_PAUSE_MS;
      !isStopping;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    ) {
      try {
        current = await startAgain();
        watch(current);
        return;
      } catch (err) {
        logger.warn({ err, server: name }, 'a server could not be started again yet');
        await delay(pauseMs);
      }
    }
  };
  watch(server);
  return {
    ...server,
    stop: async (graceMs?: number) => {
      isStopping = true;
      await starting;
      await current?.stop(graceMs);
    },
  };
}
