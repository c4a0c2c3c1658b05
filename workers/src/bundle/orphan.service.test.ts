import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { expect, it } from 'vitest';

async function until<Value>(find: () => Promise<Value | undefined>): Promise<Value> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error('not in time');
    await wait(20);
  }
}

it.runIf(existsSync('/proc/self'))(
  'ends a child that loops when registration is killed, since nobody else will',
  async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'tidegate-orphan-')));
    const pidFile = join(folder, 'pid');
    await writeFile(
      join(folder, 'dag.ts'),
      `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(pidFile)}, String(process.pid));\nfor (;;) {}`,
    );
    const module = new URL('./evaluate-file.ts', import.meta.url).href;
    const file = JSON.stringify({ path: join(folder, 'dag.ts'), folder });
    const script = `const { evaluateFile } = await import('${module}'); await evaluateFile(${file});`;
    const args = ['--conditions=source', '--import', 'tsx', '--input-type=module', '-e', script];
    const parent = spawn(process.execPath, args, { stdio: 'ignore' });
    const pid = await until(async () => {
      const text = await readFile(pidFile, 'utf8').catch(() => '');
      return text === '' ? undefined : Number(text);
    });
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await until(() => Promise.resolve(existsSync(`/proc/${pid}`) ? undefined : true));
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    await rm(folder, { recursive: true });
  },
);
