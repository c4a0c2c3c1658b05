import { formatSeconds } from '../../format/duration.ts';
import { formatClock } from '../../format/time.ts';
import { useZone } from '../../format/zone.ts';
import { toChart } from './lag-chart.ts';
import styles from './StreamPage.module.css';
import type { LagPoint } from './use-lag-history.ts';

const WIDTH = 860;
const HEIGHT = 190;

/** Seconds behind the source since the page was opened. */
export function LagChart({ points }: { readonly points: readonly LagPoint[] }) {
  const zone = useZone();
  const { line, area, top, ticks } = toChart(points, WIDTH, HEIGHT);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) {
    return <p className={styles.none}>The line begins with the second look, in a few seconds.</p>;
  }
  return (
    <div className={styles.chart}>
      <div className={styles.ticks} aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} style={{ bottom: `${(tick / top) * 100}%` }}>
            {formatSeconds(tick)}
          </span>
        ))}
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Lag from ${formatSeconds(first.seconds)} to ${formatSeconds(last.seconds)}`}
      >
        {ticks.map((tick) => {
          const y = HEIGHT - (tick / top) * HEIGHT;
          return <path key={tick} d={`M0 ${y}H${WIDTH}`} className={styles.rule} />;
        })}
        <path d={area} className={styles.area} />
        <path d={line} className={styles.line} />
      </svg>
      <div className={styles.times} aria-hidden="true">
        <span>{formatClock(first.atMs, zone)}</span>
        <span>now {formatClock(last.atMs, zone)}</span>
      </div>
    </div>
  );
}
