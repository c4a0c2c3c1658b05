import { access, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ALLOWED_MODULES, addressOf } from './product-modules.ts';

/**
 * Writes a `tsconfig.json` into a DAGs folder so that editors find the product's types, unless the folder or one above
 * it has one: then the author has arranged that already. Answers whether it wrote.
 */
export async function writeEditorConfig(folder: string): Promise<boolean> {
  if (await hasConfig(folder)) return false;
  const config = {
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      moduleResolution: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      paths: Object.fromEntries([...ALLOWED_MODULES, 'zod'].map((name) => [name, [typesOf(name)]])),
    },
  };
  try {
    await writeFile(join(folder, 'tsconfig.json'), `${JSON.stringify(config, null, 2)}\n`, {
      flag: 'wx',
    });
    return true;
  } catch (error) {
    // Read-only folders are usual in containers; another process may have been quicker.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || code === 'EEXIST')
      return false;
    throw error;
  }
}

async function hasConfig(folder: string): Promise<boolean> {
  const found = await access(join(folder, 'tsconfig.json')).then(
    () => true,
    () => false,
  );
  const parent = dirname(folder);
  return found || (parent !== folder && (await hasConfig(parent)));
}

function typesOf(name: string): string {
  return fileURLToPath(addressOf(name)).replace(/\.js$/, '.d.ts');
}
