import type {
  Connection,
  RunContext,
  TaskContext,
  TaskLog,
  TaskSource,
} from '../dag/task-context.ts';
import { TidegateError } from '../platform/errors.ts';

/** One call of a task's `log`. */
export interface TestLogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A connection as a URI, or in full. */
export type TestConnection = string | Partial<Connection>;

/** What tasks of a test may ask for. */
export interface TestServices {
  readonly connections: Readonly<Record<string, TestConnection>>;
  readonly variables: Readonly<Record<string, string>>;
}

export interface TestTry {
  readonly taskId: string;
  readonly tryNumber: number;
  readonly input: unknown;
  readonly params: unknown;
  readonly run: RunContext;
  readonly source: TaskSource;
  readonly signal: AbortSignal;
  /** Ids the task may use; null: all. */
  readonly allowedConnections: readonly string[] | null;
  readonly services: TestServices;
  readonly logs: TestLogLine[];
}

/** The context of one try, made of plain values. */
export function createTestContext(one: TestTry): TaskContext {
  const { input, params, run, source, signal, taskId, tryNumber } = one;
  const key = `${run.dagId}/${run.runId}/${taskId}`;
  return {
    ...{ input, params, run, source, signal },
    task: {
      id: taskId,
      mapIndex: -1,
      tryNumber,
      loadId: `${key}/0`,
      fenceKey: key,
      fenceToken: tryNumber,
    },
    log: createTestLog(one.logs),
    connection: (id) => Promise.resolve().then(() => findConnection(id, one)),
    variable: (id) => Promise.resolve().then(() => findVariable(id, one.services)),
    progress: () => undefined,
    waitingFor: () => undefined,
  };
}

function createTestLog(logs: TestLogLine[]): TaskLog {
  const write =
    (level: TestLogLine['level']) =>
    (fieldsOrMessage: object | string, message = ''): void => {
      const isText = typeof fieldsOrMessage === 'string';
      logs.push({
        level,
        message: isText ? fieldsOrMessage : message,
        fields: isText ? {} : { ...fieldsOrMessage },
      });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function findConnection(id: string, { services, allowedConnections }: TestTry): Connection {
  const given = services.connections[id];
  if (given === undefined) {
    throw new TidegateError(
      'CONNECTION_UNKNOWN',
      `the test gives no connection '${id}'; add connections: { ${id}: 'postgres://…' }`,
    );
  }
  if (allowedConnections !== null && !allowedConnections.includes(id)) {
    throw new TidegateError(
      'CONNECTION_UNKNOWN',
      `the task may not use connection '${id}'; add it to connections in the task's options or the DAG's defaults`,
    );
  }
  const { uri = '', type, extra = {} } = typeof given === 'string' ? { uri: given } : given;
  return { id, uri, extra, type: type ?? typeOf(uri) };
}

function typeOf(uri: string): string {
  const scheme = uri.split(':', 1)[0] ?? '';
  if (scheme === 'postgresql') return 'postgres';
  return scheme === 'mariadb' ? 'mysql' : scheme;
}

function findVariable(id: string, { variables }: TestServices): string {
  const value = variables[id];
  if (value !== undefined) return value;
  throw new TidegateError(
    'VARIABLE_UNKNOWN',
    `the test gives no variable '${id}'; add variables: { ${id}: '…' }`,
  );
}
