import type { RunColumns } from '../../contract/ui-runs-columns.ts';
import { STATE_CODES, stateOfCode } from '../../contract/ui-states.ts';
import { formatMs } from '../format/duration.ts';
import { formatOf } from '../format/number.ts';
import { countOf } from './run-figures.ts';

const PITCH = 5.5;
const BAR = 4;
const TALL = 26;
const LOW = 5;
const STUMP = 3;

interface Props {
  readonly runs: RunColumns;
  /** How many places there are; runs that do not exist are stumps. (Default: 30) */
  readonly places?: number;
}

/** The last runs, the newest at the right: height is time; a tick below marks trouble without colour. */
export function RunBars({ runs, places = 30 }: Props) {
  const shown = Math.min(places, runs.id.length);
  const spans = runs.id.slice(0, shown).map((_, index) => spanOf(runs, index));
  const longest = scaleOf(spans.filter((_, index) => (runs.end[index] ?? null) !== null));
  return (
    <svg
      width={places * PITCH - (PITCH - BAR)}
      height={TALL + 4}
      role="img"
      aria-label={describe(runs, shown)}
      style={{ display: 'block' }}
    >
      {Array.from({ length: places }, (_, place) => {
        const index = places - 1 - place;
        const x = place * PITCH;
        if (index >= shown) {
          return (
            <rect
              key={place}
              x={x}
              y={TALL - STUMP}
              width={BAR}
              height={STUMP}
              rx="1"
              fill="var(--line-strong)"
            />
          );
        }
        const state = stateOfCode(runs.state[index] ?? '') ?? 'none';
        const height = heightOf(spans[index] ?? 0, longest);
        const hasTrouble = state === 'failed' || (runs.failed_tasks[index] ?? 0) > 0;
        const color = state === 'success' ? 'var(--cell-success)' : `var(--st-${state})`;
        return (
          <g key={runs.id[index]}>
            <title>{`${state}, ${formatMs(spans[index] ?? null)}`}</title>
            <rect
              x={x}
              y={TALL - height}
              width={BAR}
              height={height}
              rx="1"
              style={{ fill: color, transition: 'fill var(--normal)' }}
            />
            {hasTrouble && (
              <rect x={x} y={TALL + 2} width={BAR} height="2" fill="var(--st-failed)" />
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** What fills the height: the longest run, but at least twice the usual one, so that the usual stays low. */
function scaleOf(spans: readonly number[]): number {
  const sorted = spans.toSorted((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return Math.max(1, usual * 2.2, sorted.at(-1) ?? 0);
}

function heightOf(span: number, longest: number): number {
  return LOW + Math.min(1, span / longest) * (TALL - LOW);
}

function spanOf({ start, end }: RunColumns, index: number): number {
  const from = start[index] ?? null;
  if (from === null) return 0;
  return Math.max(0, (end[index] ?? Date.now()) - from);
}

function describe({ state }: RunColumns, shown: number): string {
  if (shown === 0) return 'no runs yet';
  const codes = state.slice(0, shown);
  const failed = countOf(codes, STATE_CODES.failed);
  return `last ${formatOf(shown, 'run')}: ${failed} failed, ${countOf(codes, STATE_CODES.running)} running`;
}
