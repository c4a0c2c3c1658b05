import type { UiTaskInstance } from '../../../contract/ui-run.ts';
import { StateGlyph } from '../../state/StateGlyph.tsx';
import { Segments } from '../../ui/Segments.tsx';

const MOST_TABS = 8;

interface Props {
  readonly task: UiTaskInstance;
  readonly shown: number | undefined;
  readonly onShow: (tryNumber: number) => void;
}

/** One for every try, the last ones where there are many. */
export function TryTabs({ task, shown, onShow }: Props) {
  if (task.tries.length < 2 || shown === undefined) return null;
  const last = task.tries.slice(-MOST_TABS);
  const chosen = task.tries.filter(({ try_number: number }) => number === shown);
  const tries = last.some(({ try_number: number }) => number === shown)
    ? last
    : [...chosen, ...last];
  return (
    <Segments
      label="Try"
      value={String(shown)}
      onChange={(value) => onShow(Number(value))}
      segments={tries.map(({ try_number: number, state }) => ({
        value: String(number),
        label: `Try ${number}, ${state}`,
        content: (
          <>
            <StateGlyph state={state === 'lost' ? 'none' : state} size={11} /> Try {number}
          </>
        ),
      }))}
    />
  );
}
