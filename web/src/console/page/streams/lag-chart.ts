import type { LagPoint } from './use-lag-history.ts';

export interface ChartShape {
  /** SVG path of the line; unknown values leave a gap. */
  readonly line: string;
  readonly area: string;
  readonly top: number;
  readonly ticks: readonly number[];
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400];

/** Seconds over time, scaled into a box. */
export function toChart(points: readonly LagPoint[], width: number, height: number): ChartShape {
  const known = points.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
  const highest = Math.max(1, ...known);
  const step =
    STEPS.find((each) => highest / each <= 4) ?? 86_400 * Math.ceil(highest / 86_400 / 4);
  const top = Math.ceil(highest / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  const [fromMs, toMs] = [points[0]?.atMs ?? 0, points.at(-1)?.atMs ?? 1];
  const x = (atMs: number) => round(((atMs - fromMs) / Math.max(1, toMs - fromMs)) * width);
  const y = (seconds: number) => round(height - (seconds / top) * height);
  let line = '';
  let isDown = false;
  for (const { atMs, seconds } of points) {
    if (seconds !== null) line += `${isDown ? 'L' : 'M'}${x(atMs)} ${y(seconds)}`;
    isDown = seconds !== null;
  }
  const isWhole = known.length === points.length && known.length > 1;
  return { line, area: isWhole ? `${line}L${width} ${height}L0 ${height}Z` : '', top, ticks };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
