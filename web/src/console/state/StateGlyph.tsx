import type { ReactNode } from 'react';

import { type StateName, stateStyle } from './state-style.ts';

const THIN = { strokeWidth: 1.3 };
const FULL = { fill: 'currentColor', strokeWidth: 1 };
const SOLID = { fill: 'currentColor', stroke: 'none' };

const SHAPES: Readonly<Record<StateName, ReactNode>> = {
  none: <circle cx="6" cy="6" r="4.4" {...THIN} strokeDasharray="1.5 1.95" strokeLinecap="butt" />,
  scheduled: (
    <g {...THIN}>
      <circle cx="6" cy="6" r="4.6" />
      <path d="M6 3.4V6l1.8 1.2" />
    </g>
  ),
  queued: <path d="M1.6 3h8.8M1.6 6h5.8M1.6 9h2.8" />,
  running: <path d="M3.2 1.8 10.2 6l-7 4.2z" {...FULL} />,
  success: <path d="m1.8 6.4 2.9 2.9 5.5-6.2" strokeWidth="1.9" />,
  failed: (
    <path
      {...SOLID}
      fillRule="evenodd"
      d="M3.7.5h4.6l3.2 3.2v4.6l-3.2 3.2H3.7L.5 8.3V3.7zM4.6 3.5l-1.1 1.1L4.9 6 3.5 7.4l1.1 1.1L6 7.1l1.4 1.4 1.1-1.1L7.1 6l1.4-1.4-1.1-1.1L6 4.9z"
    />
  ),
  skipped: <path d="m1.8 2.6 3.4 3.4-3.4 3.4M6.6 2.6 10 6 6.6 9.4" />,
  upstream_failed: <path d="M2 1.4h8M6 10.6V4.4M3 7l3-2.8L9 7" />,
  up_for_retry: <path d="M10.3 6A4.3 4.3 0 1 1 8.8 2.7M9.3.6v2.6H6.7" />,
  up_for_reschedule: <path d="M1.4 4.1h8.4L7.6 1.9M10.6 7.9H2.2l2.2 2.2" />,
  deferred: <path d="M10.2 7.3A4.7 4.7 0 0 1 4.7 1.8a4.7 4.7 0 1 0 5.5 5.5z" {...FULL} />,
  awaiting_input: (
    <g {...SOLID}>
      <circle cx="6" cy="3.2" r="2.3" />
      <path d="M1.8 11c.3-2.9 2-4.2 4.2-4.2S9.9 8.1 10.2 11z" />
    </g>
  ),
  restarting: <path d="M6 1v4.2M3.3 2.7a4.3 4.3 0 1 0 5.4 0" />,
  removed: (
    <g strokeWidth="1.4">
      <circle cx="6" cy="6" r="4.5" />
      <path d="m3 9 6-6" />
    </g>
  ),
};

interface Props {
  readonly state: string | null | undefined;
  /** Pixels. (Default: 12) */
  readonly size?: number;
  /** Said to screen readers; without it the glyph is decoration beside its word. */
  readonly label?: string;
}

/** The 12 px sign of a state, in its colour. */
export function StateGlyph({ state, size = 12, label }: Props) {
  const { color, glyph } = stateStyle(state);
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 12 12"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      style={{ color, flex: 'none', verticalAlign: -1.5, transition: 'color var(--normal)' }}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    >
      {SHAPES[glyph]}
    </svg>
  );
}
