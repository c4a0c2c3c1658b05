import type { DagRunResponse } from '../../../contract/dag-runs.ts';
import { formatCount } from '../../format/number.ts';
import { Card } from '../../ui/Card.tsx';
import { RangeBadge } from '../../ui/RangeBadge.tsx';
import table from '../../ui/Table.module.css';
import { Th } from '../../ui/Th.tsx';

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
            <Th>Partition</Th>
            <Th>[from, to)</Th>
            <Th isRight>Records</Th>
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
