import type { SerializedDag } from '@tidegate/engine/dag';

import type { BundledFile } from './bundle-file.ts';
import type { Fault } from './fault.ts';

/** What the disposable child is told, once. */
export interface EvaluateRequest {
  readonly path: string;
  /** Real path of the DAGs folder. */
  readonly folder: string;
  /** Real path of an empty folder for the bundle. */
  readonly workFolder: string;
  /** What the file may print. */
  readonly outputBytes: number;
}

export interface EvaluatedDag {
  readonly exportName: string;
  readonly serialized: SerializedDag;
}

/** What it answers: `inputs` before any code of the file runs, then one of the others, unless it dies. */
export type ChildReport =
  | { readonly kind: 'inputs'; readonly inputs: readonly string[] }
  | { readonly kind: 'failed'; readonly fault: Fault }
  | {
      readonly kind: 'evaluated';
      readonly bundle: BundledFile;
      readonly dags: readonly EvaluatedDag[];
    };
