import { defineDag, every, topic } from '@tidegate/engine/dag';

export const countClicks = defineDag(
  { id: 'count_clicks', schedule: every('5s'), source: topic('clicks') },
  ({ task }) => {
    task('count', async ({ source, progress }) => {
      let clicks = 0;
      for await (const { records } of source.read()) {
        clicks += records.length;
        progress(clicks, source.records);
      }
      return clicks;
    });
  },
);
