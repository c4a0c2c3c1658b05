import { StateGlyph } from './StateGlyph.tsx';
import { stateStyle } from './state-style.ts';
import styles from './StateChip.module.css';

interface Props {
  readonly state: string | null | undefined;
  /** Once a page or pane: the subject's own state. */
  readonly isBoxed?: boolean;
}

/** Glyph in its colour, word in the colour of text. */
export function StateChip({ state, isBoxed = false }: Props) {
  const { color, word } = stateStyle(state);
  const tint = { '--c': color } as React.CSSProperties;
  return (
    <span className={isBoxed ? styles.boxed : styles.chip} style={tint}>
      <StateGlyph state={state} />
      {word}
    </span>
  );
}
