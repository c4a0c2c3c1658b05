import {
  silentLogger,
  systemClock,
  toError,
  type Clock,
  type Logger,
} from '@tidegate/engine/platform';
import type { TopicLog } from '@tidegate/engine/topic-log';

import { resolveCaptureConfig, type CaptureConfig } from './capture-config.ts';
import { countCapture } from './capture-metrics.ts';
import { CaptureRun } from './capture-run.ts';
import { isPositionLost, openCaptureSession } from './capture-session.ts';
import { RateMeter, type CaptureStatus } from './capture-status.ts';

export interface CaptureDeps {
  readonly log: TopicLog;
  /** (Default: silent) */
  readonly logger?: Logger;
  /** (Default: the system's) */
  readonly clock?: Clock;
}

/** How a capture ended: asked to, or by an error whose `code` names why (`PRODUCER_FENCED`, `CAPTURE_…`). */
export type CaptureEnd =
  { readonly reason: 'stopped' } | { readonly reason: 'failed'; readonly error: Error };

export interface Capture {
  /** Stops reading, produces what was read, and gives the prefix back. */
  stop(): Promise<void>;
  status(): CaptureStatus;
  /** Resolves when the capture ended, however it ended. Never rejects. */
  readonly ended: Promise<CaptureEnd>;
}

/**
 * Starts reading a source into the topic log; resolves when it runs.
 *
 * Throws on what only a person can mend: `CAPTURE_CONFIG_INVALID`, `CAPTURE_SOURCE_NOT_READY` (all faults
 * at once), `CAPTURE_SOURCE_UNREACHABLE`, `CAPTURE_POSITION_PURGED`, `CAPTURE_SOURCE_WENT_BACK`. Later
 * outages of source or log are waited out.
 */
export async function startCapture(config: CaptureConfig, deps: CaptureDeps): Promise<Capture> {
  const resolved = resolveCaptureConfig(config);
  const clock = deps.clock ?? systemClock;
  const logger = (deps.logger ?? silentLogger).child({ capture: resolved.prefix });
  const runDeps = { log: deps.log, clock, logger, meter: new RateMeter(clock) };
  const open = async (): Promise<CaptureRun> =>
    new CaptureRun(resolved, await openCaptureSession(resolved, runDeps), runDeps);
  let run = await open();
  let phase: CaptureStatus['phase'] = 'streaming';
  let isStopping = false;

  const supervise = async (): Promise<CaptureEnd> => {
    for (;;) {
      try {
        await run.run();
        phase = 'stopped';
        return { reason: 'stopped' };
      } catch (thrown) {
        const error = toError(thrown);
        const next = await tryAgain(error);
        if (next === undefined) {
          phase = 'failed';
          logger.error({ err: error }, 'capture ended');
          return { reason: 'failed', error };
        }
        run = next;
      }
    }
  };
  /** A place lost while running is mended as at a start: new epoch, new snapshot, where configured. */
  const tryAgain = async (error: Error): Promise<CaptureRun | undefined> => {
    const mends = resolved.whenPositionLost === 'resnapshot' && isPositionLost(error);
    return mends && !isStopping ? open().catch(() => undefined) : undefined;
  };
  const ended = supervise();
  void ended.then(countCapture(resolved.prefix, () => run.status(phase)));
  logger.info({ tables: [...resolved.tables.keys()] }, 'capture started');
  return {
    ended,
    status: () => run.status(phase),
    stop: async () => {
      isStopping = true;
      run.stop();
      await ended;
    },
  };
}
