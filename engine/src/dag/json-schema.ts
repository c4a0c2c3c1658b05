import type { Json } from '../platform/json.ts';

/** A JSON Schema of an object, written by hand. */
export interface ObjectJsonSchema {
  readonly type: 'object';
  readonly properties?: { readonly [name: string]: JsonSchema };
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** The type of the values a hand-written JSON Schema describes; `Json` where it says something subtler. */
export type FromJsonSchema<Schema> = Schema extends { readonly const: infer Value }
  ? Value
  : Schema extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : Schema extends { readonly type: infer Type }
      ? FromType<Type, Schema>
      : Json;

type FromType<Type, Schema> = Type extends 'string'
  ? string
  : Type extends 'number' | 'integer'
    ? number
    : Type extends 'boolean'
      ? boolean
      : Type extends 'null'
        ? null
        : Type extends 'array'
          ? readonly FromItems<Schema>[]
          : Type extends 'object'
            ? FromProperties<Schema>
            : Type extends readonly (infer Each)[]
              ? Each extends unknown
                ? FromType<Each, Schema>
                : never
              : Json;

type FromItems<Schema> = Schema extends { readonly items: infer Items }
  ? FromJsonSchema<Items>
  : Json;

/** Present are the required properties and those with a default. */
type FromProperties<Schema> = Schema extends { readonly properties: infer Properties }
  ? Flat<
      {
        readonly [Name in PresentNames<Schema, Properties>]: FromJsonSchema<Properties[Name]>;
      } & {
        readonly [
          Name in Exclude<keyof Properties, PresentNames<Schema, Properties>>
        ]?: FromJsonSchema<Properties[Name]>;
      }
    >
  : { readonly [name: string]: Json };

type PresentNames<Schema, Properties> = {
  [Name in keyof Properties]: Properties[Name] extends { readonly default: unknown }
    ? Name
    : Schema extends { readonly required: readonly (infer Required)[] }
      ? Name extends Required
        ? Name
        : never
      : never;
}[keyof Properties];

type Flat<Shape> = { [Key in keyof Shape]: Shape[Key] };
