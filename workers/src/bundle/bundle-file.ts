import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { sep } from 'node:path';

import {
  build as bundle,
  type BuildFailure,
  type Message,
  type Metafile,
  type Plugin,
} from 'esbuild';

import { toError } from '@tidegate/engine/platform';

import type { BundleErrorCode } from './errors.ts';
import { faultOf, type Fault } from './fault.ts';
import { hashBundle } from './load-bundle.ts';
import { ALLOWED_MODULES, EXTERNAL_PREFIX, isProductModule } from './product-modules.ts';

/** A DAG file with everything it imports but the product, in one text. */
export interface BundledFile {
  readonly text: string;
  readonly hash: string;
}

export type BundleResult =
  | { readonly kind: 'bundled'; readonly bundle: BundledFile; readonly inputs: readonly string[] }
  | { readonly kind: 'failed'; readonly fault: Fault; readonly inputs: readonly string[] };

/** Where npm code still says `require` of a built-in, the bundle needs one. */
const BANNER = `import { createRequire as tidegateCreateRequire } from 'node:module';
const require = tidegateCreateRequire(import.meta.url);`;

/**
 * Bundles one DAG file. Runs none of its code. Equal sources under a DAGs folder give equal bytes wherever the
 * folder lies: paths in the bundle are relative to it. `inputs` are absolute paths of what the bundle was made
 * from, as far as known, to notice changes.
 */
export async function bundleFile(path: string, folder: string): Promise<BundleResult> {
  const seen = new Set<string>([path]);
  const unreadable = await findEncodingFault(path);
  if (unreadable !== undefined) return { kind: 'failed', fault: unreadable, inputs: [path] };
  try {
    const result = await bundle({
      entryPoints: [path],
      absWorkingDir: folder,
      outfile: `${folder}/bundle.mjs`,
      ...SETTINGS,
      plugins: [dagImports(seen)],
    });
    const text = result.outputFiles[0]?.text ?? '';
    const inputs = [...seen, ...inputsOf(result.metafile, folder)];
    return {
      kind: 'bundled',
      bundle: { text, hash: hashBundle(text) },
      inputs: [...new Set(inputs)],
    };
  } catch (thrown) {
    const first = (thrown as Partial<BuildFailure>).errors?.[0];
    if (first === undefined) throw thrown;
    return { kind: 'failed', fault: toFault(first), inputs: [...seen] };
  }
}

const SETTINGS = {
  bundle: true,
  write: false,
  metafile: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  charset: 'utf8',
  logLevel: 'silent',
  legalComments: 'none',
  keepNames: true,
  // Stacks in import errors and task logs show the author's files and lines.
  sourcemap: 'inline',
  sourcesContent: false,
  banner: { js: BANNER },
} as const;

/** Product modules become `tidegate-external:` imports; what cannot or may not travel is refused by name. */
function dagImports(seen: Set<string>): Plugin {
  return {
    name: 'dag-imports',
    setup(build) {
      build.onResolve({ filter: /^(?:@tidegate\/|zod(?:\/|$))/ }, ({ path, kind }) => {
        if (path.startsWith('@tidegate/') && !ALLOWED_MODULES.includes(path)) {
          return { errors: [{ text: forbidden(path), detail: code('IMPORT_FORBIDDEN') }] };
        }
        return kind === 'require-call'
          ? { path, namespace: 'product-require' }
          : { path: `${EXTERNAL_PREFIX}${path}`, external: true };
      });
      // `require` cannot load an ES module by address; an import in a module of its own can.
      build.onLoad({ filter: /.*/, namespace: 'product-require' }, ({ path }) => ({
        contents: `export * from ${JSON.stringify(path)};`,
        loader: 'js',
      }));
      build.onResolve({ filter: /\.node$/ }, ({ path, importer }) => ({
        errors: [{ text: nativeModule(path, importer), detail: code('NATIVE_MODULE') }],
      }));
      build.onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => {
        seen.add(path);
        return undefined;
      });
    },
  };
}

interface FailureCode {
  readonly tidegateCode: BundleErrorCode;
}

const code = (tidegateCode: BundleErrorCode): FailureCode => ({ tidegateCode });

function forbidden(path: string): string {
  return `DAG files may not import '${path}'; of Tidegate they may import ${ALLOWED_MODULES.join(', ')}`;
}

function nativeModule(path: string, importer: string): string {
  const parts = importer.split(sep);
  const at = parts.lastIndexOf('node_modules');
  const [scope = '', name = ''] = parts.slice(at + 1);
  const owner = at === -1 ? path : scope.startsWith('@') ? `${scope}/${name}` : scope;
  return `'${owner}' has compiled code (${path}), which cannot be bundled; use a package in plain JavaScript`;
}

function inputsOf(metafile: Metafile, folder: string): readonly string[] {
  return Object.keys(metafile.inputs)
    .filter(
      (name) => !isProductModule(name) && !name.startsWith('product-require:') && !isBuiltin(name),
    )
    .map((name) => (name.startsWith('/') ? name : `${folder}/${name}`));
}

function toFault(message: Message): Fault {
  const detail = message.detail as Partial<FailureCode> | undefined;
  const isUnresolved = message.text.startsWith('Could not resolve');
  const { location } = message;
  return {
    code: detail?.tidegateCode ?? (isUnresolved ? 'IMPORT_UNRESOLVED' : 'DAG_SYNTAX'),
    message: [message.text, ...message.notes.map((note) => note.text)].join('\n'),
    file: location?.file ?? null,
    line: location?.line ?? null,
    column: location === null ? null : location.column + 1,
  };
}

async function findEncodingFault(path: string): Promise<Fault | undefined> {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    return undefined;
  } catch (thrown) {
    return thrown instanceof TypeError
      ? faultOf('FILE_NOT_UTF8', 'the file is not UTF-8 text; save it as UTF-8')
      : faultOf('FILE_UNREADABLE', `the file cannot be read: ${toError(thrown).message}`);
  }
}
