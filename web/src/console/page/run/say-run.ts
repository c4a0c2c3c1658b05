import type { UiRun } from '../../../contract/ui-run.ts';
import { formatSeconds } from '../../format/duration.ts';
import { formatOf } from '../../format/number.ts';

export interface Sentence {
  readonly fact: string;
  readonly then?: string;
}

/** A run as one sentence: the fact, then its consequence. */
export function sayRun(page: UiRun): Sentence {
  const { run, failure, tasks } = page;
  if (failure !== null) return sayFailure(page, failure.sentence);
  if (run.tidegate_waiting_for !== null) {
    return {
      fact: `The run stands still: ${run.tidegate_waiting_for}.`,
      then: 'It goes on by itself when that is over.',
    };
  }
  switch (run.state) {
    case 'queued':
      return { fact: 'The run is queued.', then: 'It starts when the runs before it leave room.' };
    case 'running':
      return sayRunning(page);
    case 'failed':
      return {
        fact: `The run failed${run.tidegate_reason === null ? '' : `: ${run.tidegate_reason}`}.`,
      };
    case 'success': {
      const took = run.duration === null ? '' : ` in ${formatSeconds(run.duration)}`;
      const records =
        run.tidegate_ranges.length === 0
          ? ''
          : `Its range of ${formatOf(run.tidegate_records, 'record')} is loaded. `;
      return { fact: `The run succeeded${took}.`, then: `${records}${retriesOf(tasks)}` };
    }
  }
}

function sayFailure({ run }: UiRun, sentence: string): Sentence {
  const [fact = sentence, ...rest] = splitSentence(sentence);
  const holds =
    run.tidegate_lane === 'live' && run.tidegate_ranges.length > 0 && run.state === 'failed'
      ? 'The stream waits at this range; nothing is lost.'
      : '';
  return { fact, then: [...rest, holds].filter((text) => text !== '').join(' ') };
}

/** The server's sentence in its two halves: what failed, and what did not run because of it. */
function splitSentence(sentence: string): readonly string[] {
  const at = sentence.lastIndexOf('; ');
  if (at < 0) return [sentence];
  const rest = sentence.slice(at + 2);
  return [`${sentence.slice(0, at)}.`, rest.charAt(0).toUpperCase() + rest.slice(1)];
}

function sayRunning({ tasks }: UiRun): Sentence {
  const running = tasks.filter(({ state }) => state === 'running');
  const retrying = tasks.filter(({ state }) => state === 'up_for_retry');
  const done = tasks.filter(({ state }) => state === 'success' || state === 'skipped').length;
  const then = `${done} of ${formatOf(tasks.length, 'task')} done.`;
  const [first] = running;
  const [retry] = retrying;
  if (first === undefined && retry !== undefined) {
    return { fact: `${retry.task_id} failed and will be tried again.`, then };
  }
  if (first === undefined) return { fact: 'The run is in progress.', then };
  const others = running.length > 1 ? ` and ${formatOf(running.length - 1, 'other task')}` : '';
  return { fact: `${first.task_id}${others} ${running.length > 1 ? 'are' : 'is'} running.`, then };
}

function retriesOf(tasks: UiRun['tasks']): string {
  const retried = tasks.filter(({ tries }) => tries.length > 1);
  const [first] = retried;
  if (first === undefined) return 'No task needed a second try.';
  if (retried.length === 1) return `${first.task_id} needed ${first.tries.length} tries.`;
  return `${retried.length} tasks needed more than one try.`;
}
