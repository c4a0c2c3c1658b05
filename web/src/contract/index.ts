export {
  passwordRequest,
  ROLES,
  sessionResponse,
  tokenRequest,
  tokenResponse,
  userCollection,
  userCreateRequest,
  userPatchRequest,
  userResponse,
  type PasswordRequest,
  type Role,
  type SessionResponse,
  type TokenRequest,
  type TokenResponse,
  type UserCollection,
  type UserCreateRequest,
  type UserPatchRequest,
  type UserResponse,
} from './auth.ts';
export {
  errorResponse,
  MOST_COUNTED,
  pageQuery,
  type ErrorResponse,
  type PageQuery,
} from './common.ts';
export {
  dagCollection,
  dagDetailsResponse,
  dagListQuery,
  dagPatch,
  dagResponse,
  dagSourceQuery,
  dagSourceResponse,
  dagTagCollection,
  dagVersionCollection,
  dagVersionResponse,
  nextExecutions,
  nextExecutionsQuery,
  type DagCollection,
  type DagDetailsResponse,
  type DagListQuery,
  type DagResponse,
  type DagSourceResponse,
  type DagTagCollection,
  type DagVersionCollection,
  type DagVersionResponse,
  type NextExecution,
  type NextExecutions,
} from './dags.ts';
export {
  dagRunBatchRequest,
  dagRunClearRequest,
  dagRunCollection,
  dagRunListQuery,
  dagRunPatch,
  dagRunResponse,
  triggerRequest,
  updateMaskQuery,
  type DagRunBatchRequest,
  type DagRunClearRequest,
  type DagRunCollection,
  type DagRunListQuery,
  type DagRunPatch,
  type DagRunResponse,
  type RunRange,
  type TriggerRequest,
} from './dag-runs.ts';
export {
  eventLogCollection,
  eventLogListQuery,
  eventLogResponse,
  type EventLogCollection,
  type EventLogResponse,
} from './event-logs.ts';
export {
  importErrorCollection,
  importErrorListQuery,
  importErrorResponse,
  type ImportErrorCollection,
  type ImportErrorResponse,
} from './import-errors.ts';
export {
  healthResponse,
  versionResponse,
  type HealthResponse,
  type VersionResponse,
} from './monitor.ts';
export {
  poolCollection,
  poolListQuery,
  poolPatch,
  poolRequest,
  poolResponse,
  type PoolCollection,
  type PoolPatch,
  type PoolRequest,
  type PoolResponse,
} from './pools.ts';
export {
  RUN_STATES,
  RUN_TYPES,
  TASK_STATES,
  type RunState,
  type RunType,
  type TaskState,
} from './run-words.ts';
export {
  streamCollection,
  streamResponse,
  type StreamCollection,
  type StreamResponse,
} from './streams.ts';
export {
  clearTaskInstancesRequest,
  taskInstanceCollection,
  taskInstanceListQuery,
  taskInstancePatch,
  taskInstanceResponse,
  taskLogQuery,
  taskLogResponse,
  taskTryCollection,
  taskTryResponse,
  type ClearTaskInstancesRequest,
  type LogMessage,
  type TaskInstanceCollection,
  type TaskInstanceListQuery,
  type TaskInstancePatch,
  type TaskInstanceResponse,
  type TaskLogResponse,
  type TaskTryCollection,
  type TaskTryResponse,
} from './task-instances.ts';
export { taskCollection, taskResponse, type TaskCollection, type TaskResponse } from './tasks.ts';
export {
  uiDagList,
  uiDagListQuery,
  uiDagPage,
  type UiDag,
  type UiDagList,
  type UiDagListQuery,
  type UiDagPage,
  type UiTask,
} from './ui-dags.ts';
export {
  UI_EVENTS,
  uiChanges,
  uiEventsQuery,
  uiInvalidate,
  type UiChanges,
  type UiEventName,
  type UiInvalidate,
} from './ui-events.ts';
export { uiGrid, uiGridQuery, type UiGrid, type UiGridQuery } from './ui-grid.ts';
export { uiHome, type UiHome } from './ui-home.ts';
export {
  uiRun,
  type UiFailure,
  type UiRun,
  type UiTaskInstance,
  type UiTry,
  type UiTryError,
} from './ui-run.ts';
export type { RunColumns } from './ui-runs-columns.ts';
export {
  NO_TASK,
  RUN_TYPE_CODES,
  STATE_CODES,
  stateOfCode,
  type UiTaskState,
} from './ui-states.ts';
