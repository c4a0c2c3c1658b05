/**
 * `T` itself where `JSON.parse(JSON.stringify(value))` gives back an equal value, `never` in the places where it
 * does not: functions, symbols, `bigint`, class instances with methods (`Date`, `Map`, `Buffer`), `undefined` in an array, and
 * `unknown`, which may be any of them.
 */
export type JsonSafe<T> = 0 extends 1 & T
  ? T
  : unknown extends T
    ? never
    : T extends string | number | boolean | null | undefined
      ? T
      : T extends bigint | symbol | ((...args: never) => unknown)
        ? never
        : T extends readonly unknown[]
          ? { [K in keyof T]: undefined extends T[K] ? never : JsonSafe<T[K]> }
          : T extends object
            ? { [K in keyof T]: K extends symbol ? never : JsonSafe<T[K]> }
            : T;

/** What a function without a return statement returns. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- the type such functions are given
export type Nothing = void | undefined;

/** `Output`, which is inferred from it; what JSON cannot carry does not fit. */
export type SurvivesJson<Output> = Output & NoInfer<JsonSafe<Output>>;

/** A task's output as its readers see it: nothing returned is null. */
export type Stored<Output> = [Output] extends [Nothing] ? null : NothingIsNull<Output>;

type NothingIsNull<Output> = 0 extends 1 & Output
  ? Output
  : Output extends undefined
    ? null
    : Output;
