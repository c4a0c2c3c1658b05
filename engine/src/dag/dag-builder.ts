import type { TriggerRule } from './serialized-dag.ts';
import type { Nothing, Stored, SurvivesJson } from './survives-json.ts';
import type { TaskContext } from './task-context.ts';
import type {
  BranchOptions,
  GroupOptions,
  InputOptions,
  SensorOptions,
  TaskOptions,
} from './task-options.ts';
import type {
  ExpandInputs,
  ExpandValues,
  InputRefs,
  InputValues,
  ItemOf,
  Mapped,
  None,
  TaskRef,
} from './task-ref.ts';

/** A task's code: one context in, a plain value or a promise of one out. */
export type TaskFunction<Input, Params, Output> = (
  context: TaskContext<Input, Params>,
) => Output | Promise<Output>;

type Falsy = false | 0 | '' | null | Nothing;

/** What a sensor's value is once it is satisfied. */
type Satisfied<Output> = Exclude<Stored<Output>, Falsy>;

type IdOf<To extends readonly TaskRef[]> = To[number]['id'];

/** Ids as a branch may write them: whole, or without the groups the branch itself is in. */
type ChoiceOf<To extends readonly TaskRef[], Prefix extends string> =
  | IdOf<To>
  | (IdOf<To> extends infer Id ? (Id extends `${Prefix}${infer Local}` ? Local : never) : never);

type Choice<To extends readonly TaskRef[], Prefix extends string> =
  ChoiceOf<To, Prefix> | readonly ChoiceOf<To, Prefix>[] | null | undefined;

type GroupItems<Expand> = { readonly [Name in keyof Expand]: TaskRef<ItemOf<Expand[Name]>> };

/** What the build function of a DAG gets. Its methods may be destructured. */
export interface DagBuilder<Params = unknown, Prefix extends string = ''> {
  /** A task. Its id names it in the console, in logs and in the API. */
  readonly task: <
    const Id extends string,
    Output,
    const Inputs extends InputRefs = None,
    const Expand extends ExpandInputs = None,
    const Rule extends TriggerRule = 'all_success',
  >(
    id: Id,
    run: TaskFunction<
      InputValues<NoInfer<Inputs>, NoInfer<Rule>> & ExpandValues<NoInfer<Expand>>,
      Params,
      SurvivesJson<Output>
    >,
    options?: TaskOptions<Inputs, Expand, Rule>,
  ) => TaskRef<Mapped<Expand, Stored<Output>>, `${Prefix}${Id}`>;

  /** Chooses which of the tasks in `to` run: an id, several, or null for none. The others are skipped. */
  readonly branch: <
    const Id extends string,
    const To extends readonly TaskRef[],
    const Inputs extends InputRefs = None,
    const Rule extends TriggerRule = 'all_success',
  >(
    id: Id,
    run: TaskFunction<
      InputValues<NoInfer<Inputs>, NoInfer<Rule>>,
      Params,
      Choice<NoInfer<To>, Prefix>
    >,
    options: BranchOptions<Inputs, To, Rule>,
  ) => TaskRef<IdOf<To> | readonly IdOf<To>[] | null, `${Prefix}${Id}`>;

  /** Everything downstream is skipped unless the answer is truthy. */
  readonly shortCircuit: <
    const Id extends string,
    Output,
    const Inputs extends InputRefs = None,
    const Rule extends TriggerRule = 'all_success',
  >(
    id: Id,
    run: TaskFunction<InputValues<NoInfer<Inputs>, NoInfer<Rule>>, Params, SurvivesJson<Output>>,
    options?: InputOptions<Inputs, Rule>,
  ) => TaskRef<Stored<Output>, `${Prefix}${Id}`>;

  /** Looks again and again until the answer is truthy, which then is its output. */
  readonly sensor: <
    const Id extends string,
    Output,
    const Inputs extends InputRefs = None,
    const Rule extends TriggerRule = 'all_success',
  >(
    id: Id,
    run: TaskFunction<InputValues<NoInfer<Inputs>, NoInfer<Rule>>, Params, SurvivesJson<Output>>,
    options?: SensorOptions<Inputs, Rule>,
  ) => TaskRef<Satisfied<Output>, `${Prefix}${Id}`>;

  /** Puts `id.` before the ids of the tasks made in `build` and returns what `build` returns. */
  readonly group: <const Id extends string, Result, const Expand extends ExpandInputs = None>(
    id: Id,
    build: (builder: DagBuilder<Params, `${Prefix}${Id}.`>, each: GroupItems<Expand>) => Result,
    options?: GroupOptions<Expand>,
  ) => Result;
}
