/** What survives `JSON.stringify` and back: task outputs, params, conf. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
