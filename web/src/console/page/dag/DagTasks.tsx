import type { UiDagPage } from '../../../contract/ui-dags.ts';
import { Card } from '../../ui/Card.tsx';
import table from '../../ui/Table.module.css';

/** The graph as a list: each task with what it needs. */
export function DagTasks({ page }: { readonly page: UiDagPage }) {
  return (
    <Card title="Tasks" note="in the order of the graph">
      <div className={table.scroll}>
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Task</th>
              <th scope="col">Needs</th>
              <th scope="col">Trigger rule</th>
              <th scope="col">Kind</th>
              <th scope="col" className={table.right}>
                Retries
              </th>
              <th scope="col">Pool</th>
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
