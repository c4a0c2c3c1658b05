import type { DagRunResponse } from '../../../contract/dag-runs.ts';
import { formatCount } from '../../format/number.ts';
import { Card } from '../../ui/Card.tsx';
import { RangeBadge } from '../../ui/RangeBadge.tsx';
import table from '../../ui/Table.module.css';

/** The offsets a run owns for good: reading them twice gives the same records. */
export function RunRanges({ run }: { readonly run: DagRunResponse }) {
  const { tidegate_ranges: ranges } = run;
  const [first] = ranges;
  if (first === undefined) return null;
  return (
    <Card title="Range of this run" note={`${first.topic}, immutable`}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Partition</th>
            <th scope="col">[from, to)</th>
            <th scope="col" className={table.right}>
              Records
            </th>
          </tr>
        </thead>
        <tbody>
          {ranges.map(({ partition, from, to }) => (
            <tr key={partition}>
              <td>{partition}</td>
              <td>
                <RangeBadge from={from} to={to} />
              </td>
              <td className={table.right}>{formatCount(to - from)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
