import { formatAgo, formatMoment } from '../format/time.ts';
import { useNow } from '../format/use-now.ts';
import { useZone } from '../format/zone.ts';

interface Props {
  readonly atMs: number | null;
  /** (Default: absolute, with how long ago) */
  readonly show?: 'both' | 'ago' | 'clock';
}

/** An instant that keeps its "ago" right. */
export function Moment({ atMs, show = 'both' }: Props) {
  const nowMs = useNow();
  const zone = useZone();
  if (atMs === null) return <>–</>;
  const clock = formatMoment(atMs, nowMs, zone);
  const ago = formatAgo(atMs, nowMs);
  const text = { both: `${clock}, ${ago}`, ago, clock }[show];
  const iso = new Date(atMs).toISOString();
  return (
    <time dateTime={iso} title={iso}>
      {text}
    </time>
  );
}
