import { defineDag, SkipTask } from '@tidegate/engine/dag';
import { z } from 'zod';

export const settleDay = defineDag(
  { id: 'settle_day', schedule: null, params: z.object({ payments: z.number() }) },
  ({ task, branch, shortCircuit }) => {
    const any = shortCircuit('any_payments', ({ params }) => params.payments > 0);
    const small = task('settle_small', () => 'by hand');
    const large = task('settle_large', () => 'by machine');
    const choose = branch(
      'choose',
      ({ params }) => (params.payments > 100 ? 'settle_large' : 'settle_small'),
      { after: [any], to: [small, large] },
    );
    task(
      'announce',
      ({ params }) => {
        if (params.payments < 10) throw new SkipTask('too few to announce');
        return 'announced';
      },
      { after: [choose] },
    );
    task('close_books', () => 'closed', {
      after: [small, large],
      triggerRule: 'none_failed_min_one_success',
    });
    task('tidy_up', () => 'tidy', { after: [small, large], triggerRule: 'all_done' });
  },
);
