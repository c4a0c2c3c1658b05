import type { DagRunResponse } from '../../../contract/dag-runs.ts';
import { formatOf } from '../../format/number.ts';

/** What ending a run by hand means for the records of its range; '' for a run without one. */
export function effectOnStream(run: DagRunResponse, state: 'success' | 'failed'): string {
  const { tidegate_ranges: ranges, tidegate_records: records, tidegate_lane: lane } = run;
  if (ranges.length === 0) return '';
  if (state === 'success') {
    return `Its range of ${formatOf(records, 'record')} then counts as loaded: what no task has loaded stays out.`;
  }
  return lane === 'live'
    ? 'Its range stays its own: the stream waits there until the run is re-run or marked success, unless the DAG goes on past failed ranges.'
    : 'Its range stays its own; live runs go on.';
}
