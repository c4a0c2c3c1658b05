import type { LogRecord } from '@tidegate/engine/topic-log';

import type { Values } from './change.ts';

/**
 * The flattened form (`ExtractNewRecordState`): the row itself, with what `add.fields` put beside it under
 * a `__` prefix. Needed are `op,source.ts_ms`; with `source.file,source.pos,source.row,source.snapshot` the
 * stream has source positions, without them changes are ordered by offset.
 */
export function unwrappedEnvelope(payload: Values): Values | undefined {
  const op = payload['__op'];
  const isDeleted = payload['__deleted'] === 'true' || payload['__deleted'] === true;
  if (typeof op !== 'string' && !('__deleted' in payload)) return undefined;
  const isDelete = isDeleted || op === 'd';
  return {
    op: isDelete ? 'd' : (op ?? 'u'),
    before: isDelete ? payload : null,
    after: isDelete ? null : payload,
    source: sourceOf((name) => payload[name]),
  };
}

/** Position of a delete that is only a tombstone, from `add.headers`. */
export function unwrappedTombstone(record: LogRecord): Values {
  const headers = new Map(record.headers);
  return sourceOf((name) => {
    const text = headers.get(name)?.toString('utf8');
    if (text === undefined) return undefined;
    return /^\d+$/.test(text) ? Number(text) : text.replace(/^"(.*)"$/, '$1');
  });
}

function sourceOf(field: (name: string) => unknown): Values {
  return {
    file: field('__source_file'),
    pos: field('__source_pos'),
    row: field('__source_row'),
    sequence: field('__source_sequence'),
    snapshot: field('__source_snapshot'),
    ts_ms: field('__source_ts_ms'),
    ts_us: field('__source_ts_us'),
  };
}
