declare const outputType: unique symbol;

/**
 * Stands for a task, and under `input` for its output. Inert: it is not the output, has nothing to call and
 * is not thenable, so `await` leaves it as it is.
 */
export interface TaskRef<Output = unknown, Id extends string = string> {
  readonly id: Id;
  /** Exists in types only. */
  readonly [outputType]?: Output;
  readonly then?: never;
}

/** Inputs by name. */
export type InputRefs = { readonly [name: string]: TaskRef };

/** What a task may be mapped over: outputs that are arrays, or arrays known now. */
export type ExpandInputs = {
  readonly [name: string]: TaskRef<readonly unknown[]> | readonly unknown[];
};

/** No inputs of that sort. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- the empty object it is
export type None = Readonly<Record<never, never>>;

export type OutputOf<Ref> = Ref extends TaskRef<infer Output> ? Output : never;

export type ItemOf<Source> = Source extends readonly (infer Item)[]
  ? Item
  : Source extends TaskRef<infer Output>
    ? Output extends readonly (infer Item)[]
      ? Item
      : never
    : never;

/** Values by input name: only under `all_success` is every upstream task sure to have an output. */
export type InputValues<Inputs, Rule> = {
  readonly [Name in keyof Inputs]: Rule extends 'all_success'
    ? OutputOf<Inputs[Name]>
    : OutputOf<Inputs[Name]> | undefined;
};

export type ExpandValues<Expand> = { readonly [Name in keyof Expand]: ItemOf<Expand[Name]> };

/** A mapped task's output is the list of its instances' outputs. */
export type Mapped<Expand, Output> = keyof Expand extends never ? Output : readonly Output[];
