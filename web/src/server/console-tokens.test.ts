import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

const CSS = readFileSync(new URL('../console/theme/tokens.css', import.meta.url), 'utf8');

/** Tokens given as a pair, by theme. */
const TOKENS = new Map(
  [...CSS.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
);

const GROUNDS = ['ground', 'surface', 'raised', 'sunken', 'hover', 'selected'];
const THEMES = ['light', 'dark'] as const;

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG's contrast of two tokens. */
function contrast(a: string, b: string, theme: 'light' | 'dark'): number {
  const [dim = 0, bright = 0] = [a, b]
    .map((name) => luminance(TOKENS.get(name)?.[theme] ?? '#000000'))
    .toSorted((x, y) => x - y);
  return (bright + 0.05) / (dim + 0.05);
}

it.each(THEMES)('keeps every text readable on every ground in the %s theme', (theme) => {
  const pairs = ['text', 'text-2', 'text-3'].flatMap((text) =>
    GROUNDS.map((ground) => [text, ground, contrast(text, ground, theme)] as const),
  );
  expect(pairs.filter(([, , value]) => value < 4.5)).toEqual([]);
});

it.each(THEMES)('keeps the glyph of every state visible on a card in the %s theme', (theme) => {
  const states = [...TOKENS.keys()].filter((name) => name.startsWith('st-'));
  expect(states.length).toBe(14);
  const dim = states.filter((state) => contrast(state, 'surface', theme) < 3);
  expect(dim).toEqual([]);
});
