import type { DagBuilder } from './dag-builder.ts';
import type { DagOptions } from './dag-options.ts';
import { describe } from './duration.ts';
import { dagError } from './errors.ts';
import { TaskGraph } from './graph.ts';
import { checkId } from './ids.ts';
import { normalizeTask, type TaskSettings } from './normalize-task.ts';
import { unbuiltTaskFeatures } from './not-built-yet.ts';
import { toParseParams, type ParamsSchema, type ParseParams } from './params.ts';
import { refusePromise } from './refuse-promise.ts';
import type { SerializedTask, TaskKind } from './serialized-dag.ts';
import type { TaskDefinition } from './task-definition.ts';
import type { TaskRef } from './task-ref.ts';

type Options = Readonly<Record<string, unknown>>;

/** The builder handed to `build`, and what it made. */
export interface DagInTheMaking {
  readonly builder: DagBuilder;
  finish(): FinishedTasks;
}

export interface FinishedTasks {
  readonly tasks: readonly SerializedTask[];
  readonly definitions: ReadonlyMap<string, TaskDefinition>;
  readonly notBuilt: readonly string[];
}

export function createBuilder(options: DagOptions<ParamsSchema | undefined>): DagInTheMaking {
  const making = new TasksInTheMaking(options);
  const add =
    (kind: TaskKind) =>
    (id: string, run: unknown, own: Options = {}): TaskRef =>
      making.add(kind, { id, run, own });
  const builder = {
    task: add('task'),
    branch: add('branch'),
    shortCircuit: add('short_circuit'),
    sensor: add('sensor'),
    group: (id: string, build: unknown, own: Options = {}): unknown =>
      making.group({ id, own, build: (each) => callBuild(build, builder, each) }),
  };
  return { builder: builder as unknown as DagBuilder, finish: () => making.finish() };
}

interface NewTask {
  readonly id: string;
  readonly run: unknown;
  readonly own: Options;
}

interface NewGroup {
  readonly id: string;
  readonly own: Options;
  readonly build: (each: Options) => unknown;
}

type TaskShape = Pick<SerializedTask, 'id' | 'kind' | 'group' | 'input' | 'to'> & TaskSettings;

/** Collects tasks as they are declared; knows the group that is being built. */
class TasksInTheMaking {
  readonly #dagId: string;
  readonly #defaults: Options;
  readonly #parseParams: ParseParams | null;
  readonly #graph: TaskGraph;
  readonly #refs = new Map<unknown, string>();
  readonly #shapes = new Map<string, TaskShape>();
  readonly #definitions = new Map<string, TaskDefinition>();
  readonly #groups = new Set<string>();
  readonly #notBuilt: string[] = [];
  #group: readonly string[] = [];
  #isFinished = false;

  constructor(options: DagOptions<ParamsSchema | undefined>) {
    this.#dagId = options.id;
    this.#defaults = { ...options.defaults };
    this.#parseParams = options.params === undefined ? null : toParseParams(options.params);
    this.#graph = new TaskGraph(options.id);
  }

  add(kind: TaskKind, { id: local, run, own }: NewTask): TaskRef {
    const id = this.#newId(local, 'task');
    const owner = `task '${id}'`;
    if (typeof run !== 'function') {
      throw dagError('BAD_OPTION', `${owner}: its code is ${describe(run)}; give a function`);
    }
    const settings = normalizeTask(kind, owner, { own, defaults: this.#defaults });
    this.#graph.addTask(id);
    const ref = Object.freeze({ id });
    this.#refs.set(ref, id);
    this.#notBuilt.push(...unbuiltTaskFeatures(own, owner));
    const shape = { id, kind, group: this.#group, input: {}, to: [], ...settings };
    this.#shapes.set(id, { ...shape, ...this.#edges(kind, shape, own) });
    this.#define(this.#shapes.get(id) ?? shape, run as TaskDefinition['run']);
    return ref;
  }

  group({ id: local, own, build }: NewGroup): unknown {
    const id = this.#newId(local, 'group');
    this.#notBuilt.push(...unbuiltTaskFeatures(own, `group '${id}'`));
    this.#groups.add(id);
    const outer = this.#group;
    this.#group = [...outer, local];
    try {
      const built = build(this.#groupItems(id, own['expand']));
      refusePromise(built, id);
      return built;
    } finally {
      this.#group = outer;
    }
  }

  finish(): FinishedTasks {
    this.#isFinished = true;
    const tasks = this.#graph.topologicalOrder().flatMap((id) => {
      const shape = this.#shapes.get(id);
      return shape === undefined ? [] : [toSerialized(shape, this.#graph.upstreamOf(id))];
    });
    return { tasks, definitions: this.#definitions, notBuilt: this.#notBuilt };
  }

  #newId(local: string, what: string): string {
    if (this.#isFinished) {
      throw dagError(
        'BUILD_NOT_SYNCHRONOUS',
        `${what} ${describe(local)} was made after DAG '${this.#dagId}' was complete; make tasks in its build function`,
      );
    }
    checkId(local, what);
    const id = [...this.#group, local].join('.');
    checkId(id, what);
    if (this.#graph.has(id) || this.#groups.has(id)) {
      throw dagError(
        'DUPLICATE_ID',
        `DAG '${this.#dagId}' has two tasks or groups '${id}'; rename one`,
      );
    }
    return id;
  }

  #edges(kind: TaskKind, shape: TaskShape, own: Options): Pick<TaskShape, 'input' | 'to'> {
    const owner = `task '${shape.id}'`;
    const { id } = shape;
    const input = this.#named(own['input'], `${owner}: input`);
    const expand = this.#named(own['expand'], `${owner}: expand`, Array.isArray);
    const after = this.#list(own['after'], `${owner}: after`);
    for (const other of [...Object.values(input), ...Object.values(expand), ...after]) {
      this.#graph.addEdge(other, id);
    }
    const to = kind === 'branch' ? this.#choices(own['to'], owner) : [];
    for (const other of [...to, ...this.#list(own['before'], `${owner}: before`)]) {
      this.#graph.addEdge(id, other);
    }
    return { input, to };
  }

  #choices(value: unknown, owner: string): readonly string[] {
    const to = this.#list(value, `${owner}: to`);
    if (to.length > 0) return [...new Set(to)];
    throw dagError('BAD_OPTION', `${owner}: a branch needs tasks to choose from; give to: [a, b]`);
  }

  #list(value: unknown, what: string): readonly string[] {
    if (value === undefined) return [];
    const refs: readonly unknown[] = Array.isArray(value) ? value : [value];
    return refs.map((ref) => this.#idOf(ref, what));
  }

  /** Names to task ids; values that `isPlain` accepts are no references and left out. */
  #named(
    value: unknown,
    what: string,
    isPlain: (one: unknown) => boolean = () => false,
  ): Record<string, string> {
    if (value === undefined) return {};
    if (typeof value !== 'object' || value === null || this.#refs.has(value)) {
      throw dagError(
        'UNKNOWN_REFERENCE',
        `${what} is ${describe(value)}; give names: { rows: extract }`,
      );
    }
    const entries = Object.entries(value as Options).filter(([, ref]) => !isPlain(ref));
    return Object.fromEntries(
      entries.map(([name, ref]) => {
        checkId(name, `${what}:`);
        return [name, this.#idOf(ref, `${what} '${name}'`)];
      }),
    );
  }

  #idOf(ref: unknown, what: string): string {
    const id = this.#refs.get(ref);
    if (id !== undefined) return id;
    throw dagError(
      'UNKNOWN_REFERENCE',
      `${what} is ${describe(ref)}, which is no task of DAG '${this.#dagId}'; pass what task() returned`,
    );
  }

  /** Stand-ins for the elements a group is mapped over, so that the group's tasks can refer to them. */
  #groupItems(id: string, expand: unknown): Options {
    const upstream = this.#named(expand, `group '${id}': expand`, Array.isArray);
    return Object.fromEntries(
      Object.entries(Object(expand ?? {}) as Options).map(([name]) => {
        const from = upstream[name];
        const ref = Object.freeze({ id: from ?? id });
        if (from !== undefined) this.#refs.set(ref, from);
        return [name, ref];
      }),
    );
  }

  #define(shape: TaskShape, run: TaskDefinition['run']): void {
    const { id, kind, to, sensor, group } = shape;
    const prefix = group.map((name) => `${name}.`).join('');
    const parseParams = this.#parseParams;
    this.#definitions.set(id, { id, kind, prefix, run, to, sensor, parseParams });
  }
}

/** The one order of keys. */
function toSerialized(shape: TaskShape, upstream: readonly string[]): SerializedTask {
  const { id, kind, group, input, to, sensor, triggerRule, ...rest } = shape;
  return { id, kind, group, upstream, input, triggerRule, ...rest, to, sensor };
}

function callBuild(build: unknown, builder: unknown, each: Options): unknown {
  if (typeof build !== 'function') {
    throw dagError('BAD_OPTION', `a group's build is ${describe(build)}; give a function`);
  }
  return (build as (builder: unknown, each: Options) => unknown)(builder, each);
}
