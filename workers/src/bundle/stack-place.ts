import { fileURLToPath } from 'node:url';

/** A place in the author's code, relative to the DAGs folder. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const FRAME = /\(?((?:file:\/\/)?\/[^\s()]+):(\d+):(\d+)\)?\s*$/;

/**
 * The innermost frame that is the author's. The bundle is loaded from `bundleFolder`, and its source map speaks
 * of paths relative to the DAGs folder, so the author's files seem to lie under `bundleFolder`.
 */
export function findPlace(stack: string | undefined, bundleFolder: string): Place | null {
  for (const text of (stack ?? '').split('\n')) {
    const match = FRAME.exec(text);
    if (match === null) continue;
    const [, address = '', line = '', column = ''] = match;
    const path = address.startsWith('file://') ? fileURLToPath(address) : address;
    if (!path.startsWith(`${bundleFolder}/`) || path.includes('/node_modules/')) continue;
    const file = path.slice(bundleFolder.length + 1);
    if (!file.endsWith('.mjs')) return { file, line: Number(line), column: Number(column) };
  }
  return null;
}
