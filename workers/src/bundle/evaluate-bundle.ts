import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { definedAt, isDag, serializeDag, type Dag, type SerializedDag } from '@tidegate/engine/dag';
import { toError, type Json } from '@tidegate/engine/platform';

import type { BundledFile } from './bundle-file.ts';
import type { ChildReport, EvaluatedDag, EvaluateRequest } from './child-messages.ts';
import { bundleError } from './errors.ts';
import { faultOf, floodFault, type Fault } from './fault.ts';
import { findDifference } from './find-difference.ts';
import { leftOpen, openHandles } from './open-handles.ts';
import { countPrinted } from './printed-bytes.ts';
import { linkBundle } from './product-modules.ts';
import { shiftWorld } from './shifted-world.ts';
import { findPlace } from './stack-place.ts';

const SHIFT_MS = 36 * 3_600_000;

/**
 * Runs a bundle's top-level code twice, the second time a day and a half later with another seed, and compares
 * the DAGs. Only in the disposable child: the code may do anything, and the clock stays shifted.
 */
export async function evaluateBundle(
  bundle: BundledFile,
  { workFolder, outputBytes }: Pick<EvaluateRequest, 'workFolder' | 'outputBytes'>,
): Promise<ChildReport> {
  const printedBytes = countPrinted();
  const before = openHandles();
  const text = linkBundle(bundle.text);
  try {
    const first = await evaluate(text, join(workFolder, 'first.mjs'));
    shiftWorld(SHIFT_MS, 2);
    const second = await evaluate(text, join(workFolder, 'second.mjs'));
    const fault =
      compare(first, second) ??
      (await handlesFault(before)) ??
      outputFault(printedBytes(), outputBytes);
    return fault === undefined
      ? { kind: 'evaluated', bundle, dags: first }
      : { kind: 'failed', fault };
  } catch (thrown) {
    return { kind: 'failed', fault: toFault(thrown, workFolder) };
  }
}

async function evaluate(text: string, path: string): Promise<readonly EvaluatedDag[]> {
  await writeFile(path, text);
  const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const dags = new Map<Dag, string>();
  for (const [name, value] of Object.entries(module)) {
    if (name !== 'default' && isDag(value) && !dags.has(value)) dags.set(value, name);
  }
  if (dags.size === 0) throw noDag(module['default']);
  const evaluated = [...dags].map(([dag, exportName]) => ({ exportName, serialized: at(dag) }));
  refuseTwins(evaluated);
  return evaluated;
}

/** A fault of the whole DAG is shown where the DAG is defined. */
function at(dag: Dag): SerializedDag {
  try {
    return serializeDag(dag);
  } catch (thrown) {
    const error = toError(thrown);
    error.stack = definedAt(dag);
    throw error;
  }
}

function noDag(defaultExport: unknown): Error {
  const remedy = isDag(defaultExport)
    ? 'its default export is one, but only named exports count'
    : 'it exports none';
  return bundleError(
    'NO_DAG_EXPORTED',
    `the file should export a DAG, and ${remedy}: export const <name> = defineDag(…)`,
  );
}

function refuseTwins(dags: readonly EvaluatedDag[]): void {
  const ids = new Set<string>();
  for (const { serialized } of dags) {
    if (ids.has(serialized.id)) {
      throw bundleError('DUPLICATE_DAG_ID', `the file has two DAGs '${serialized.id}'; rename one`);
    }
    ids.add(serialized.id);
  }
}

function compare(
  first: readonly EvaluatedDag[],
  second: readonly EvaluatedDag[],
): Fault | undefined {
  const [a, b] = [first, second].map((dags) =>
    Object.fromEntries(dags.map(({ serialized }) => [serialized.id, serialized])),
  ) as unknown as [Json, Json];
  const difference = findDifference(a, b);
  if (difference === undefined) return undefined;
  const { path, first: was, second: is } = difference;
  return faultOf(
    'DAG_NOT_DETERMINISTIC',
    `loaded twice, 36 hours apart, the file gave two graphs: ${path.slice(1)} was ${was}, then ${is};` +
      ' build the graph from constants only, and look at the clock, chance and files inside of tasks',
  );
}

async function handlesFault(before: ReadonlyMap<string, number>): Promise<Fault | undefined> {
  const left = await leftOpen(before);
  if (left.length === 0) return undefined;
  return faultOf(
    'DAG_LEAVES_HANDLES',
    `loading the file left something open: ${left.join(', ')}; open it inside of a task, or unref() it`,
  );
}

function outputFault(printed: number, most: number): Fault | undefined {
  return printed > most ? floodFault(most) : undefined;
}

function toFault(thrown: unknown, folder: string): Fault {
  const error = toError(thrown);
  const isOurs = thrown === error && error.name === 'TidegateError' && 'code' in error;
  const place = findPlace(error.stack, folder);
  return {
    code: isOurs ? String(error.code) : 'DAG_EVALUATION_FAILED',
    message: isOurs ? error.message : `loading the file threw ${describe(thrown, error)}`,
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
  };
}

function describe(thrown: unknown, error: Error): string {
  return thrown instanceof Error
    ? `${error.name}: ${error.message}`
    : `${String(thrown)}, which is no Error; throw an Error`;
}
