import { Icon } from '../../ui/Icon.tsx';
import { HEAD, ROW, type GridWindow } from './grid-paint.ts';
import type { GridSheet } from './grid-rows.ts';
import styles from './Grid.module.css';

const OVERSCAN = 6;

interface Props {
  readonly sheet: GridSheet;
  readonly view: GridWindow;
  readonly active: number | null;
  readonly onToggle: (group: string) => void;
  readonly onSelect: (row: number) => void;
}

/** Names of the rows that show, beside the canvas. */
export function GridNames({ sheet, view, active, onToggle, onSelect }: Props) {
  const first = Math.max(0, Math.floor(view.top / ROW) - OVERSCAN);
  const last = Math.min(sheet.rows.length, Math.ceil((view.top + view.height) / ROW) + OVERSCAN);
  return (
    <div className={styles.names} role="presentation">
      <div className={styles.corner} style={{ height: HEAD - 2 }}>
        {sheet.rows.length} rows
      </div>
      {sheet.rows.slice(first, last).map((row, offset) => {
        const index = first + offset;
        const group = row.key.replace(/^group /, '');
        return (
          <button
            key={row.key}
            type="button"
            tabIndex={-1}
            className={row.taskId === null ? styles.group : styles.name}
            data-active={index === active}
            style={{ top: HEAD + index * ROW, paddingLeft: 14 + row.depth * 12 }}
            title={row.taskId ?? group}
            onClick={() => (row.taskId === null ? onToggle(group) : onSelect(index))}
          >
            {row.taskId === null && (
              <i data-open={!row.isCollapsed}>
                <Icon name="chevron" size={11} />
              </i>
            )}
            <span>{row.label}</span>
          </button>
        );
      })}
    </div>
  );
}
