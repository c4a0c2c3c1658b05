import type { DagFilter } from '../../api/reads.ts';

export type Show = 'failed' | 'running' | 'paused';

/** One word of the filter box: `cdc`, `tag:report`, `owner:ana`. */
export interface FilterTerm {
  readonly text: string;
  readonly kind: 'name' | 'tag' | 'owner';
  readonly value: string;
}

/** The words of the filter box, in order. */
export function parseTerms(input: string): readonly FilterTerm[] {
  return input
    .trim()
    .split(/\s+/)
    .filter((text) => text !== '')
    .map((text) => {
      const [, kind, value] = /^(tag|owner):(.+)$/.exec(text) ?? [];
      if (kind === undefined || value === undefined) return { text, kind: 'name', value: text };
      return { text, kind: kind as 'tag' | 'owner', value };
    });
}

/** What the API is asked for: names are one part of the id, tags and owners may be several. */
export function toDagFilter(input: string, show: Show | undefined): DagFilter {
  const terms = parseTerms(input);
  const of = (kind: FilterTerm['kind']) =>
    terms.filter((term) => term.kind === kind).map(({ value }) => value);
  const [names, tags, owners] = [of('name'), of('tag'), of('owner')];
  return {
    ...(names.length > 0 && { q: names.join(' ') }),
    ...(tags.length > 0 && { tags }),
    ...(owners.length > 0 && { owners }),
    ...(show === 'paused' && { paused: true }),
    ...((show === 'failed' || show === 'running') && { last_run_state: show }),
  };
}

/** The input without one of its words. */
export function dropTerm(input: string, dropped: string): string {
  return parseTerms(input)
    .map(({ text }) => text)
    .filter((text) => text !== dropped)
    .join(' ');
}
