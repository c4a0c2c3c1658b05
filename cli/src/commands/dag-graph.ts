import { type Command, Option } from 'commander';

import type { TaskCollection, TaskResponse } from '@tidegate/web/contract';

import { dagPage, dagPath } from '../paths.ts';
import { type CommandContext, sayWhere } from './context.ts';

type Graph = 'text' | 'mermaid' | 'dot';

/** `tidegate dags show`: the tasks and their edges. */
export function addShow(dags: Command, context: CommandContext): void {
  dags
    .command('show <dag>')
    .description('its graph: which task runs after which')
    .addOption(
      new Option('--graph <language>', 'how to draw it')
        .choices(['text', 'mermaid', 'dot'])
        .default('text'),
    )
    .addHelpText('after', '\nExample:\n  $ tidegate dags show bank_accounts --graph mermaid')
    .action(async (dag: string, { graph }: { graph: Graph }) => {
      const { tasks } = await context.api().get<TaskCollection>(`${dagPath(dag)}/tasks`);
      context.print(DRAW[graph](tasks, dag));
      sayWhere(context, dagPage(dag));
    });
}

const DRAW: Readonly<Record<Graph, (tasks: readonly TaskResponse[], dag: string) => string>> = {
  text: (tasks) =>
    tasks
      .map(({ task_id: id, tidegate_upstream_task_ids: upstream, trigger_rule: rule }) => {
        const after = upstream.length === 0 ? '' : `  after ${upstream.join(', ')}`;
        return `${id}${after}${rule === 'all_success' ? '' : `  (${rule})`}`;
      })
      .join('\n'),
  mermaid: (tasks) =>
    ['flowchart LR', ...edges(tasks, (from, to) => `  ${from} --> ${to}`)].join('\n'),
  dot: (tasks, dag) =>
    [`digraph "${dag}" {`, ...edges(tasks, (from, to) => `  "${from}" -> "${to}";`), '}'].join(
      '\n',
    ),
};

/** A line an edge; a task without any is a line of its own. */
function edges(
  tasks: readonly TaskResponse[],
  draw: (from: string, to: string) => string,
): string[] {
  return tasks.flatMap(({ task_id: id, downstream_task_ids: downstream, ...task }) => {
    const isAlone = downstream.length + task.tidegate_upstream_task_ids.length === 0;
    return isAlone ? [`  ${id}`] : downstream.map((to) => draw(id, to));
  });
}
