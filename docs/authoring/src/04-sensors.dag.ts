import { defineDag } from '@tidegate/engine/dag';

export const monthEnd = defineDag(
  { id: 'month_end', schedule: null },
  ({ task, sensor, group }) => {
    const approved = sensor(
      'approved',
      async ({ variable }) => (await variable('month_end')) === 'go',
      {
        every: '30s',
        timeout: '2h',
        softFail: true,
      },
    );
    const books = group('books', () => {
      const freeze = task('freeze', () => 'frozen', { after: [approved] });
      return task('balance', () => 0, { after: [freeze] });
    });
    task('publish', ({ input }) => `balance ${input.books}`, { input: { books } });
  },
);
