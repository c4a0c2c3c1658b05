export interface PaletteItem {
  readonly id: string;
  /** What it is, or what it does: `DAG`, `Pause`. */
  readonly kind: string;
  readonly name: string;
  readonly keys?: string;
  readonly run: () => void;
}

/**
 * The items every typed word of which is found in kind and name, best first: a name that begins with what was
 * typed, then one with it at the start of a word, then anywhere. Ties keep their order.
 */
export function rankItems(items: readonly PaletteItem[], typed: string): readonly PaletteItem[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return items
    .map((item, order) => ({ item, order, rank: rankOf(item, words) }))
    .filter(({ rank }) => rank !== null)
    .toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0) || a.order - b.order)
    .map(({ item }) => item);
}

function rankOf({ kind, name }: PaletteItem, words: readonly string[]): number | null {
  const text = `${kind} ${name}`.toLowerCase();
  let rank = 0;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at < 0) return null;
    const isStart = at === 0 || name.toLowerCase().startsWith(word);
    rank += isStart ? 0 : /[^a-z0-9]/.test(text[at - 1] ?? '') ? 1 : 2;
  }
  return rank;
}
