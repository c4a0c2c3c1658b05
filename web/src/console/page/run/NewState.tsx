import { StateGlyph } from '../../state/StateGlyph.tsx';
import { Segments } from '../../ui/Segments.tsx';

interface Props<State extends string> {
  readonly states: readonly State[];
  readonly value: State;
  readonly onChange: (state: State) => void;
}

/** The state something is marked with. */
export function NewState<State extends string>({ states, value, onChange }: Props<State>) {
  return (
    <Segments
      label="New state"
      value={value}
      onChange={onChange}
      segments={states.map((each) => ({
        value: each,
        content: (
          <>
            <StateGlyph state={each} /> {each}
          </>
        ),
      }))}
    />
  );
}
