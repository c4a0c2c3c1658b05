import { useMemo } from 'react';

import { STATE_CODES } from '../../../contract/ui-states.ts';
import { useIsDark, useTheme } from '../../theme/theme.ts';
import type { GridColors } from './grid-paint.ts';

/** The tokens as colours a canvas takes: a custom property keeps `light-dark()`, a computed colour does not. */
export function useGridColors(): GridColors {
  const theme = useTheme();
  const isDark = useIsDark();
  return useMemo(readColors, [theme, isDark]);
}

function readColors(): GridColors {
  const probe = document.createElement('span');
  document.body.append(probe);
  const read = (token: string) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const byCode = new Map(
    Object.entries(STATE_CODES).map(([state, code]) => [
      code,
      read(state === 'success' ? '--cell-success' : `--st-${state}`),
    ]),
  );
  const colors = {
    byCode,
    text: read('--text-3'),
    line: read('--line'),
    surface: read('--surface'),
    selected: read('--selected'),
    accent: read('--accent'),
  };
  probe.remove();
  return colors;
}
