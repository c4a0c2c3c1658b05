import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';

import { gridQuery } from '../../api/reads.ts';
import { useMayChange } from '../../api/session.ts';
import { toCommand } from '../../format/shell.ts';
import { StateChip } from '../../state/StateChip.tsx';
import { StateGlyph } from '../../state/StateGlyph.tsx';
import { Card } from '../../ui/Card.tsx';
import { Command } from '../../ui/Command.tsx';
import { QueryState } from '../../ui/QueryState.tsx';
import { SearchBox } from '../../ui/SearchBox.tsx';
import { Segments } from '../../ui/Segments.tsx';
import { Grid } from './Grid.tsx';
import { GridPane } from './GridPane.tsx';
import type { CellAt } from './grid-paint.ts';
import { type GridSheet, mergePages, toSheet } from './grid-rows.ts';
import styles from './GridTab.module.css';

const LEGEND = [
  'success',
  'failed',
  'upstream_failed',
  'skipped',
  'running',
  'up_for_retry',
  'none',
];

/** The grid with its filters, and a pane beside it for the cell that is chosen. */
export function GridTab({ dagId }: { readonly dagId: string }) {
  const query = useInfiniteQuery(gridQuery(dagId));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const search = useSearch({ from: '/framed/dags/$dagId' });
  const navigate = useNavigate({ from: '/dags/$dagId' });
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const { q = '', rows, run, task } = search;
  const grid = useMemo(() => mergePages(query.data?.pages ?? []), [query.data]);
  const sheet = useMemo(
    () =>
      grid === undefined
        ? undefined
        : toSheet(grid, { q, onlyFailed: rows === 'failed', collapsed }),
    [grid, q, rows, collapsed],
  );
  const selected = useMemo(() => findCell(sheet, run, task), [sheet, run, task]);
  const show = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const onSelect = ({ row, column }: CellAt) => {
    if (sheet === undefined) return;
    const line = sheet.rows[row];
    show({ run: sheet.runs.id[sheet.count - 1 - column], task: line?.taskId ?? undefined });
  };
  const onToggle = (group: string) =>
    setCollapsed((old) =>
      old.has(group)
        ? new Set([...old].filter((each) => each !== group))
        : new Set([...old, group]),
    );
  const onOldest = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <QueryState query={{ ...query, data: sheet }} what={`the grid of ${dagId}`}>
      {(shown) => (
        <div className={styles.layout} data-pane={run !== undefined}>
          <div className={styles.left}>
            <div className={styles.bar}>
              <SearchBox
                label="Filter tasks"
                placeholder="task"
                value={q}
                onChange={(next) => show({ q: next === '' ? undefined : next })}
              />
              <Segments<'all' | 'failed'>
                label="Rows"
                value={rows ?? 'all'}
                onChange={(next) => show({ rows: next === 'all' ? undefined : next })}
                segments={[
                  { value: 'all', content: 'All rows' },
                  {
                    value: 'failed',
                    content: (
                      <>
                        <StateGlyph state="failed" /> Rows with a failure
                      </>
                    ),
                  },
                ]}
              />
            </div>
            <Card label="Grid" className={styles.card}>
              {shown.count === 0 ? (
                <NoRuns dagId={dagId} />
              ) : (
                <Grid
                  sheet={shown}
                  selected={selected}
                  onSelect={onSelect}
                  onToggle={onToggle}
                  onOldest={onOldest}
                />
              )}
            </Card>
            <p className={styles.legend} aria-label="Signs">
              {LEGEND.map((state) => (
                <StateChip key={state} state={state} />
              ))}
            </p>
          </div>
          {run !== undefined && (
            <GridPane
              dagId={dagId}
              runId={run}
              taskId={task}
              onClose={() => show({ run: undefined, task: undefined })}
            />
          )}
        </div>
      )}
    </QueryState>
  );
}

function NoRuns({ dagId }: { readonly dagId: string }) {
  const mayChange = useMayChange();
  return (
    <div className={styles.none}>
      <h2>Each run becomes a column here, each task a row</h2>
      <p>There is no run yet.{mayChange && ' Trigger one above, or from a terminal:'}</p>
      {mayChange && <Command>{toCommand('dags', 'trigger', dagId)}</Command>}
    </div>
  );
}

function findCell(
  sheet: GridSheet | undefined,
  runId: string | undefined,
  taskId: string | undefined,
): CellAt | null {
  if (sheet === undefined || runId === undefined) return null;
  const index = sheet.runs.id.indexOf(runId);
  const row = sheet.rows.findIndex((each) => each.taskId === taskId);
  return index < 0 || row < 0 ? null : { row, column: sheet.count - 1 - index };
}
