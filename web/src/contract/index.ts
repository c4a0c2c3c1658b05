export {
  ROLES,
  tokenRequest,
  tokenResponse,
  type Role,
  type TokenRequest,
  type TokenResponse,
} from './auth.ts';
export { errorResponse, pageQuery, type ErrorResponse, type PageQuery } from './common.ts';
export {
  dagCollection,
  dagListQuery,
  dagPatch,
  dagResponse,
  nextExecutions,
  nextExecutionsQuery,
  type DagCollection,
  type DagResponse,
  type NextExecution,
  type NextExecutions,
} from './dags.ts';
export {
  dagRunCollection,
  dagRunListQuery,
  dagRunResponse,
  triggerRequest,
  type DagRunCollection,
  type DagRunResponse,
  type RunRange,
  type TriggerRequest,
} from './dag-runs.ts';
export {
  healthResponse,
  versionResponse,
  type HealthResponse,
  type VersionResponse,
} from './monitor.ts';
export {
  streamCollection,
  streamResponse,
  type StreamCollection,
  type StreamResponse,
} from './streams.ts';
export {
  taskInstanceCollection,
  taskInstanceResponse,
  taskLogQuery,
  taskLogResponse,
  type LogMessage,
  type TaskInstanceCollection,
  type TaskInstanceResponse,
  type TaskLogResponse,
} from './task-instances.ts';
