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

it('a server that ends at its start is quoted, by the line that names its error', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-server-'));
  const logFile = path.join(folder, 'server.log');
  writeFileSync(logFile, 'ERROR: of an earlier start\n');
  const starting = startServer({
    name: 'a server',
    command: 'sh',
    args: ['-c', 'echo hello; echo "FATAL: the port is taken"; echo bye; exit 3'],
    logFile,
    probe: () => Promise.reject(new Error('not yet')),
  });
  await expect(starting).rejects.toThrow(
    `a server ended with exit code 3. Its own log says why: ${logFile} (FATAL: the port is taken)`,
  );
  rmSync(folder, { recursive: true });
});
