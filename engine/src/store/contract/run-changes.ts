import {
  clearTasks,
  markRunTasks,
  markTasks,
  timeOutTasks,
  type MarkedRunState,
  type MarkedTaskState,
} from '../../state/change-tasks.ts';
import { isFinishedRunState } from '../../state/run-state.ts';
import type { RunChange } from './store-under-test.ts';

/** Whole-run changes as the scheduler's `RunRewriter` makes them. */
export const beginning: RunChange = ({ run }) => {
  if (run.state === 'queued') run.state = 'running';
};

export const repairing: RunChange = () => undefined;

export const timingOut: RunChange = (whole) => {
  if (whole.run.state !== 'running') return;
  timeOutTasks(whole);
  whole.run.state = 'failed';
};

export function clearing(places: readonly number[]): RunChange {
  return (whole) => {
    clearTasks(whole, places);
    if (isFinishedRunState(whole.run.state)) whole.run.state = 'queued';
  };
}

export function markingTasks(places: readonly number[], state: MarkedTaskState): RunChange {
  return (whole) => {
    markTasks(whole, places, state);
    const isRevived = whole.rows.some((row) => row.state === 'none');
    if (isRevived && isFinishedRunState(whole.run.state)) whole.run.state = 'queued';
  };
}

export function markingRun(state: MarkedRunState): RunChange {
  return (whole) => {
    if (state !== 'queued') markRunTasks(whole, state);
    whole.run.state = state;
  };
}
