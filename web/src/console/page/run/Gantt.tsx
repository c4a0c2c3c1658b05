import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';

import type { UiRun } from '../../../contract/ui-run.ts';
import { formatMs } from '../../format/duration.ts';
import { formatClock } from '../../format/time.ts';
import { useNow } from '../../format/use-now.ts';
import { useZone } from '../../format/zone.ts';
import { cutMiddle } from '../../frame/crumbs.ts';
import { StateGlyph } from '../../state/StateGlyph.tsx';
import { isFinished, stateStyle } from '../../state/state-style.ts';
import { Card } from '../../ui/Card.tsx';
import { type Axis, type Bar, isShort, type Lane, toAxis, toLanes } from './gantt-layout.ts';
import styles from './Gantt.module.css';

const LANE = 26;
/** More lanes than this are drawn only where they show. */
const MOST_DRAWN = 120;
const MOST_HEIGHT = 620;

interface Props {
  readonly page: UiRun;
  readonly selected: { readonly taskId: string; readonly tryNumber: number | null } | null;
  readonly onSelect: (taskId: string, tryNumber: number | null) => void;
}

/** What ran when: every try, every wait, growing by the clock while the run goes on. */
export function Gantt({ page, selected, onSelect }: Props) {
  const isLive = !isFinished(page.run.state);
  const clockMs = useNow();
  const nowMs = isLive ? Math.max(clockMs, page.now) : page.now;
  const zone = useZone();
  const lanes = useMemo(() => toLanes(page, nowMs), [page, nowMs]);
  const axis = useMemo(() => toAxis(page, lanes, nowMs), [page, lanes, nowMs]);
  const tick = isShort(axis) ? (at: number) => `${at - axis.fromMs} ms` : formatClock;
  const isSelected = (lane: Lane) =>
    selected !== null &&
    lane.taskId === selected.taskId &&
    (lane.tryNumber === selected.tryNumber ||
      (lane.depth === 0 && lane.tryNumber === null && selected.tryNumber === null));
  return (
    <Card
      title="Timeline"
      note={`${formatClock(axis.fromMs, zone)} – ${isLive ? 'now' : formatClock(axis.toMs, zone)}, all tries`}
    >
      <div className={styles.gantt}>
        <div className={styles.head} aria-hidden="true">
          <span className={styles.name}>task and try</span>
          <span className={styles.track}>
            {axis.ticks.map((at) => (
              <b key={at} style={{ left: share(at, axis) }}>
                {tick(at, zone)}
              </b>
            ))}
          </span>
          <span className={styles.took}>time</span>
        </div>
        <Lanes
          lanes={lanes}
          axis={axis}
          isLive={isLive}
          isSelected={isSelected}
          onSelect={onSelect}
        />
      </div>
      <Key />
    </Card>
  );
}

interface LanesProps {
  readonly lanes: readonly Lane[];
  readonly axis: Axis;
  readonly isLive: boolean;
  readonly isSelected: (lane: Lane) => boolean;
  readonly onSelect: Props['onSelect'];
}

function Lanes({ lanes, axis, isLive, isSelected, onSelect }: LanesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lanes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LANE,
    overscan: 12,
    enabled: lanes.length > MOST_DRAWN,
  });
  const isWindowed = lanes.length > MOST_DRAWN;
  const shown = isWindowed
    ? virtual.getVirtualItems().map(({ index, start }) => ({ index, top: start }))
    : lanes.map((_, index) => ({ index, top: index * LANE }));
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      style={isWindowed ? { height: MOST_HEIGHT } : undefined}
    >
      <ul className={styles.lanes} style={{ height: lanes.length * LANE }}>
        <li className={styles.lines} aria-hidden="true">
          {axis.ticks.map((at) => (
            <em key={at} style={{ left: share(at, axis) }} />
          ))}
          <em className={styles.end} data-live={isLive} style={{ left: share(axis.toMs, axis) }} />
        </li>
        {shown.map(({ index, top }) => {
          const lane = lanes[index];
          if (lane === undefined) return null;
          return (
            <li key={lane.key} style={{ top }} className={styles.place}>
              <LaneRow lane={lane} axis={axis} isSelected={isSelected(lane)} onSelect={onSelect} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

interface RowProps {
  readonly lane: Lane;
  readonly axis: Axis;
  readonly isSelected: boolean;
  readonly onSelect: Props['onSelect'];
}

function LaneRow({ lane, axis, isSelected, onSelect }: RowProps) {
  const { word } = stateStyle(lane.state);
  const took = lane.tookMs === null ? '–' : formatMs(lane.tookMs);
  return (
    <button
      type="button"
      className={styles.lane}
      data-depth={lane.depth}
      data-selected={isSelected}
      aria-pressed={isSelected}
      onClick={() => onSelect(lane.taskId, lane.tryNumber)}
    >
      <span className={styles.name}>
        <StateGlyph
          state={lane.state}
          size={lane.depth === 1 ? 11 : 12}
          label={lane.depth === 1 ? `${lane.taskId}, ${word}` : word}
        />
        <span title={lane.label}>{cutMiddle(lane.label, 30)}</span>
      </span>
      <span className={styles.track}>
        {lane.bars.map((bar) => (
          <BarView
            key={`${bar.kind} ${bar.tryNumber}`}
            bar={bar}
            axis={axis}
            isThin={lane.depth === 0 && lane.bars.length > 3}
          />
        ))}
        {lane.note !== null && <span className={styles.note}>{lane.note}</span>}
      </span>
      <span className={styles.took}>{took}</span>
    </button>
  );
}

interface BarProps {
  readonly bar: Bar;
  readonly axis: Axis;
  readonly isThin: boolean;
}

function BarView({ bar, axis, isThin }: BarProps) {
  const width = ((bar.toMs - bar.fromMs) / (axis.toMs - axis.fromMs)) * 100;
  const color = bar.state === 'lost' ? 'var(--st-none)' : stateStyle(bar.state).color;
  return (
    <i
      className={styles.bar}
      data-kind={bar.kind}
      data-thin={isThin}
      data-open={bar.isOpen}
      title={`${bar.kind === 'try' ? stateStyle(bar.state).word : bar.kind} ${formatMs(bar.toMs - bar.fromMs)}`}
      style={
        { left: share(bar.fromMs, axis), width: `${width}%`, '--c': color } as React.CSSProperties
      }
    />
  );
}

function Key() {
  return (
    <p className={styles.key} aria-hidden="true">
      <span>
        <i data-kind="queued" style={{ '--c': 'var(--st-queued)' } as React.CSSProperties} /> queued
      </span>
      <span>
        <i data-kind="try" style={{ '--c': 'var(--st-success)' } as React.CSSProperties} /> try
      </span>
      <span>
        <i data-kind="backoff" style={{ '--c': 'var(--st-up_for_retry)' } as React.CSSProperties} />{' '}
        backoff
      </span>
    </p>
  );
}

function share(atMs: number, { fromMs, toMs }: Axis): string {
  return `${((atMs - fromMs) / (toMs - fromMs)) * 100}%`;
}
