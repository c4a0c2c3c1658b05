import { z } from 'zod';
import {
  assets,
  cron,
  dates,
  defineDag,
  every,
  FailTask,
  once,
  onRecords,
  SkipTask,
  topic,
} from '@tidegate/engine/dag';
import { notifyWebhook } from '@tidegate/workers/tasks';

// The example of the authoring API, as authors are shown it: it must compile, here and in their editors.
export const nightlyReport = defineDag(
  {
    id: 'nightly_report',
    schedule: cron('0 2 * * *', { timezone: 'Asia/Seoul' }),
    source: topic('orders-cdc-topic', { maxRecords: 100_000 }),
    startDate: '2026-01-01T00:00:00Z',
    catchup: false,
    maxActiveRuns: 1,
    maxActiveTasks: 16,
    runTimeout: '1h',
    tags: ['report'],
    owner: 'data',
    description: 'one line',
    docs: 'markdown',
    params: z.object({ day: z.iso.date().optional() }),
    defaults: {
      retries: 2,
      retryDelay: '30s',
      retryBackoff: 'exponential',
      maxRetryDelay: '10m',
      timeout: '5m',
      connections: ['dw'],
    },
    onFailure: [notifyWebhook('ops')],
  },
  ({ task, branch, shortCircuit, sensor, group }) => {
    const extract = task('extract', async ({ params, log }) => {
      log.info({ day: params.day }, 'reading');
      return Promise.resolve({ files: ['a', 'b'] });
    });
    const some = shortCircuit('has_files', ({ input }) => input.extract.files.length > 0, {
      input: { extract },
    });
    const files = task('files', ({ input }) => input.extract.files, {
      input: { extract },
      after: [some],
    });
    const perFile = task('per_file', async ({ input }) => Promise.resolve(input.file.length), {
      expand: { file: files },
    });
    const small = task('small', async () => Promise.resolve('small'), { pool: 'dw', poolSlots: 2 });
    const large = task(
      'large',
      async ({ signal }) => {
        signal.throwIfAborted();
        return Promise.resolve('large');
      },
      { retries: 5, isolation: 'process' },
    );
    const choose = branch('choose', ({ input }) => (input.perFile.length > 1 ? 'large' : 'small'), {
      input: { perFile },
      to: [small, large],
    });
    sensor('approved', async () => Promise.resolve(true), {
      every: '30s',
      timeout: '1h',
      softFail: true,
      after: [choose],
    });
    task('tidy', async () => Promise.resolve(), {
      after: [small, large],
      triggerRule: 'all_done',
    });
    group('extra', ({ task }) => {
      task('skips', (): number => {
        throw new SkipTask('why');
      });
      task('fails', (): number => {
        throw new FailTask('why');
      });
    });
  },
);

export const otherSchedules = [
  every('5s'),
  onRecords({ within: '500ms', upTo: 10_000 }),
  once(),
  dates(['2026-01-01']),
  assets('s3://orders'),
];
