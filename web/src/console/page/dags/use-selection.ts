import { useCallback, useState } from 'react';

import type { UiDag } from '../../../contract/ui-dags.ts';

/** The DAGs chosen for one change of many. Only what shows is ever acted on. */
export interface Selection {
  readonly dags: readonly UiDag[];
  readonly has: (dagId: string) => boolean;
  readonly toggle: (dagId: string) => void;
  readonly toggleAll: () => void;
  readonly clear: () => void;
}

export function useSelection(shown: readonly UiDag[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const dags = shown.filter(({ dag_id: id }) => ids.has(id));
  // The same function every time: rows are drawn again only when they change.
  const toggle = useCallback((dagId: string) => {
    setIds((old) => {
      const next = new Set(old);
      if (!next.delete(dagId)) next.add(dagId);
      return next;
    });
  }, []);
  return {
    dags,
    has: (dagId) => ids.has(dagId),
    toggle,
    toggleAll: () =>
      setIds(new Set(dags.length === shown.length ? [] : shown.map(({ dag_id: id }) => id))),
    clear: () => setIds(new Set()),
  };
}
