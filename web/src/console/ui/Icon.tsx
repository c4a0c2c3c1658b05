import type { ReactNode } from 'react';

const SHAPES = {
  home: <path d="M2.5 7.3 8 2.8l5.5 4.5V13h-4V9.5h-3V13h-4z" />,
  streams: (
    <path d="M1.5 5.5c2.2-2.5 4.3-2.5 6.5 0s4.3 2.5 6.5 0M1.5 10.5c2.2-2.5 4.3-2.5 6.5 0s4.3 2.5 6.5 0" />
  ),
  dags: (
    <>
      <circle cx="3.5" cy="8" r="1.8" />
      <circle cx="12.5" cy="3.8" r="1.8" />
      <circle cx="12.5" cy="12.2" r="1.8" />
      <path d="M5.2 7.2 10.8 4.6M5.2 8.8l5.6 2.6" />
    </>
  ),
  runs: <path d="M2.5 13V8.5M6.2 13V4.5M9.8 13V7M13.5 13V2.8" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.3" />
      <path d="m10.3 10.3 3.2 3.2" />
    </>
  ),
  menu: <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />,
  theme: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 2.5v11a5.5 5.5 0 0 0 0-11z" fill="currentColor" stroke="none" />
    </>
  ),
  person: (
    <>
      <circle cx="8" cy="5.4" r="2.6" />
      <path d="M2.8 13.6c.5-3 2.5-4.6 5.2-4.6s4.7 1.6 5.2 4.6" />
    </>
  ),
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  chevron: <path d="m6 3.5 4.5 4.500L6 12.5" />,
  down: <path d="m3.5 6 4.5 4.500L12.5 6" />,
  warning: <path d="M8 2.2 14.3 13.200H1.700zM8 6.400v3.200M8 11.400v.1" />,
  keyboard: (
    <>
      <rect x="1.5" y="4" width="13" height="8.5" rx="1.5" />
      <path d="M4.5 7h.1M7 7h.1M9.5 7h.1M12 7h.1M5 9.800h6" />
    </>
  ),
  more: (
    <g fill="currentColor" stroke="none">
      <circle cx="3.5" cy="8" r="1.2" />
      <circle cx="8" cy="8" r="1.2" />
      <circle cx="12.5" cy="8" r="1.2" />
    </g>
  ),
  download: <path d="M8 2.500v7.500M4.8 7 8 10.2 11.2 7M3 13.200h10" />,
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
      <path d="M10.5 5.500v-3h-8v8h3" />
    </>
  ),
} as const satisfies Record<string, ReactNode>;

export type IconName = keyof typeof SHAPES;

/** 16 px line icons; always beside a word or inside a control that is labelled. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: 'none' }}
    >
      {SHAPES[name]}
    </svg>
  );
}

/** The gate over the tide. */
export function Logo({ size = 20 }: { readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.2"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M3 2v9M10 2v6.5M17 2v9" />
      <path d="M1.5 15c2.8-3.6 5.7-3.6 8.5 0s5.7 3.6 8.5 0" />
    </svg>
  );
}
