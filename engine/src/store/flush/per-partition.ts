import { KEYS_A_PARTITION } from '../partitions.ts';
import type { Statement } from './flush-connection.ts';

/**
 * A statement on the partition its run keys lie in, or on the whole table where they lie in several. A
 * partitioned table costs a flush a sixth of its time in the server: every partition is locked and opened,
 * and pruned only then.
 *
 * `text` gets what follows the table's name: `_000001000001`, or nothing.
 */
export function perPartition(
  name: string,
  text: (suffix: string) => string,
): (rows: readonly { readonly runKey: number }[]) => Statement {
  const made = new Map<string, Statement>();
  return (rows) => {
    const suffix = suffixOf(rows);
    const known = made.get(suffix);
    if (known !== undefined) return known;
    const statement = { name: name + suffix, text: text(suffix) };
    made.set(suffix, statement);
    return statement;
  };
}

/** As `tidegate.create_run_partition` names them: by their first run key. */
function suffixOf(rows: readonly { readonly runKey: number }[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const place = partitionOf(first.runKey);
  if (rows.some(({ runKey }) => partitionOf(runKey) !== place)) return '';
  return `_${String(place * KEYS_A_PARTITION + 1).padStart(12, '0')}`;
}

function partitionOf(runKey: number): number {
  return Math.floor((runKey - 1) / KEYS_A_PARTITION);
}
