import type { UiDagPage } from '../../../contract/ui-dags.ts';
import { Card } from '../../ui/Card.tsx';
import table from '../../ui/Table.module.css';
import { Th } from '../../ui/Th.tsx';

/** The graph as a list: each task with what it needs. */
export function DagTasks({ page }: { readonly page: UiDagPage }) {
  return (
    <Card title="Tasks" note="in the order of the graph">
      <div className={table.scroll}>
        <table className={table.table}>
          <thead>
            <tr>
              <Th>Task</Th>
              <Th>Needs</Th>
              <Th>Trigger rule</Th>
              <Th>Kind</Th>
              <Th isRight>Retries</Th>
              <Th>Pool</Th>
            </tr>
          </thead>
          <tbody>
            {page.tasks.map((task) => (
              <tr key={task.task_id}>
                <td className={table.strong}>{task.task_id}</td>
                <td>{task.upstream.join(', ') || <span className={table.quiet}>nothing</span>}</td>
                <td>{task.trigger_rule.replaceAll('_', ' ')}</td>
                <td>{task.kind.replaceAll('_', ' ')}</td>
                <td className={table.right}>{task.retries}</td>
                <td>{task.pool}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
