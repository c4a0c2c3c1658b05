/** Addresses of the API and of the console, each id encoded once, here. */
const encode = encodeURIComponent;

export const dagPath = (dag: string) => `/api/v2/dags/${encode(dag)}`;
export const runPath = (dag: string, run: string) => `${dagPath(dag)}/dagRuns/${encode(run)}`;
export const taskPath = ({ dag, run, task }: TaskOfRun) =>
  `${runPath(dag, run)}/taskInstances/${encode(task)}`;

export const dagPage = (dag: string) => `/dags/${encode(dag)}`;
export const runPage = (dag: string, run: string) => `${dagPage(dag)}/runs/${encode(run)}`;

/** A task of one run. */
export interface TaskOfRun {
  readonly dag: string;
  readonly run: string;
  readonly task: string;
}
