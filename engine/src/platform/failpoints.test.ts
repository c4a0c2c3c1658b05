import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { FAILPOINTS } from './failpoints.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const PACKAGES = ['engine', 'workers', 'web', 'standalone', 'cli'];

/** The names of all calls in the product's sources. */
function placedNames(): string[] {
  const files = PACKAGES.flatMap((name) => {
    const folder = join(ROOT, name, 'src');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => join(folder, file));
  });
  return files
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\bfailpoint\('([^']+)'\)/g)])
    .map(([, name]) => name ?? '');
}

describe('the catalog of failpoints', () => {
  it('has every failpoint placed, each in one place', () => {
    expect(placedNames().sort()).toEqual(Object.keys(FAILPOINTS).sort());
  });
});
