/** What tests of DAGs import. No services, no network; outcomes by the engine's own rules. */
export { testDag } from './test-dag.ts';
export { testTask, type TestedTry, type TestTaskOptions } from './test-task.ts';
export type { TestedRun, TestedTask } from './test-run.ts';
export type { TestClock, TestOptions } from './test-options.ts';
export type { TestConnection, TestLogLine } from './test-context.ts';
export type { TestRecord } from './test-records.ts';
