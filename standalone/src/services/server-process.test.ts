import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { expect, it, vi } from 'vitest';

import { startServer } from './server-process.ts';

it('keeps what a server says on one channel after it closed the other', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-server-'));
  const logFile = path.join(folder, 'server.log');
  const script =
    'echo first; exec 1>&-; while [ ! -e "$0/go" ]; do sleep 0.05; done; echo last >&2';
  const server = await startServer({
    name: 'a server',
    command: 'sh',
    args: ['-c', `${script}; sleep 60`, folder],
    logFile,
    probe: () => readFile(logFile, 'utf8').then((text) => expect(text).toBe('first\n')),
  });
  writeFileSync(path.join(folder, 'go'), '');
  await vi.waitFor(() => expect(readFileSync(logFile, 'utf8')).toBe('first\nlast\n'), 5_000);
  await server.stop();
  rmSync(folder, { recursive: true });
});
