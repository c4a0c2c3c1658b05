import type { UiGrid } from '../../../contract/ui-grid.ts';
import type { RunColumns } from '../../../contract/ui-runs-columns.ts';
import { NO_TASK } from '../../../contract/ui-states.ts';

/** Runs × tasks as the grid draws them: column 0 is the oldest run. */
export interface GridSheet {
  readonly runs: RunColumns;
  readonly count: number;
  readonly rows: readonly GridRow[];
  /** State code of a row in a column. */
  readonly stateOf: (row: GridRow, column: number) => string;
  readonly wasRetried: (row: GridRow, column: number) => boolean;
}

/** A task, or a group that stands for all below it. */
export interface GridRow {
  readonly key: string;
  readonly label: string;
  readonly depth: number;
  /** Places in the states of a run: one of a task, all of a group. */
  readonly places: readonly number[];
  readonly taskId: string | null;
  readonly isCollapsed: boolean;
}

export interface RowFilter {
  readonly q: string;
  readonly onlyFailed: boolean;
  readonly collapsed: ReadonlySet<string>;
}

/** What shows of a group: the state that matters most among its tasks. */
const WEIGHT = 'futrxqcedskm. ';

/** Pages of the grid as one: the newest page's tasks first, then those only older pages have. */
export function mergePages(pages: readonly UiGrid[]): UiGrid | undefined {
  const [first, ...rest] = pages;
  if (first === undefined || rest.length === 0) return first;
  return rest.reduce(appendPage, first);
}

function appendPage(merged: UiGrid, page: UiGrid): UiGrid {
  const known = new Map(merged.tasks.map(({ task_id: id }, place) => [id, place]));
  const tasks = [...merged.tasks, ...page.tasks.filter(({ task_id: id }) => !known.has(id))];
  const placeOf = new Map(page.tasks.map(({ task_id: id }, place) => [id, place]));
  const spread = (text: string, missing: string) =>
    tasks.map(({ task_id: id }) => text[placeOf.get(id) ?? -1] ?? missing).join('');
  return {
    ...merged,
    tasks,
    runs: appendColumns(merged.runs, page.runs),
    states: [...merged.states, ...page.states.map((text) => spread(text, NO_TASK))],
    tries: [...merged.tries, ...page.tries.map((text) => spread(text, '0'))],
    next_cursor: page.next_cursor,
  };
}

function appendColumns(a: RunColumns, b: RunColumns): RunColumns {
  return {
    id: [...a.id, ...b.id],
    state: a.state + b.state,
    run_type: a.run_type + b.run_type,
    run_after: [...a.run_after, ...b.run_after],
    logical_date: [...a.logical_date, ...b.logical_date],
    start: [...a.start, ...b.start],
    end: [...a.end, ...b.end],
    failed_tasks: [...a.failed_tasks, ...b.failed_tasks],
    version: [...a.version, ...b.version],
  };
}

/** The rows in the order of the graph, groups above their tasks, filtered. */
export function toSheet(grid: UiGrid, filter: RowFilter): GridSheet {
  const count = grid.runs.id.length;
  const indexOf = (column: number) => count - 1 - column;
  const stateOf = (row: GridRow, column: number) =>
    worstOf(grid.states[indexOf(column)] ?? '', row.places);
  const wasRetried = (row: GridRow, column: number) => {
    const tries = grid.tries[indexOf(column)] ?? '';
    return row.places.some((place) => (tries[place] ?? '0') > '1');
  };
  return { runs: grid.runs, count, rows: toRows(grid, filter), stateOf, wasRetried };
}

function worstOf(states: string, places: readonly number[]): string {
  const [only] = places;
  if (places.length === 1) return states[only ?? 0] ?? NO_TASK;
  let worst = WEIGHT.length - 1;
  for (const place of places) {
    const weight = WEIGHT.indexOf(states[place] ?? NO_TASK);
    if (weight >= 0 && weight < worst) worst = weight;
  }
  return WEIGHT[worst] ?? NO_TASK;
}

function toRows(grid: UiGrid, { q, onlyFailed, collapsed }: RowFilter): readonly GridRow[] {
  const wanted = q.toLowerCase();
  const failed = onlyFailed ? failedPlaces(grid) : null;
  const shown = grid.tasks
    .map((task, place) => ({ task, place }))
    .filter(({ task }) => task.task_id.toLowerCase().includes(wanted))
    .filter(({ place }) => failed === null || failed.has(place));
  const rows: GridRow[] = [];
  const opened = new Set<string>();
  for (const { task, place } of shown) {
    const groups = task.group.map((_, depth) => task.group.slice(0, depth + 1).join('.'));
    for (const [depth, group] of groups.entries()) {
      const isHidden = groups.slice(0, depth).some((outer) => collapsed.has(outer));
      if (opened.has(group) || isHidden) continue;
      opened.add(group);
      const places = shown
        .filter((each) => isWithin(each.task.group, group))
        .map((each) => each.place);
      const label = task.group[depth] ?? group;
      rows.push({
        key: `group ${group}`,
        label,
        depth,
        places,
        taskId: null,
        isCollapsed: collapsed.has(group),
      });
    }
    if (groups.some((group) => collapsed.has(group))) continue;
    const prefix = `${task.group.join('.')}.`;
    const label = task.task_id.startsWith(prefix)
      ? task.task_id.slice(prefix.length)
      : task.task_id;
    rows.push({
      key: task.task_id,
      label,
      depth: groups.length,
      places: [place],
      taskId: task.task_id,
      isCollapsed: false,
    });
  }
  return rows;
}

function isWithin(group: readonly string[], name: string): boolean {
  const path = group.join('.');
  return path === name || path.startsWith(`${name}.`);
}

function failedPlaces({ states }: UiGrid): ReadonlySet<number> {
  const places = new Set<number>();
  for (const text of states) {
    for (let place = 0; place < text.length; place += 1) {
      if (text[place] === 'f') places.add(place);
    }
  }
  return places;
}
