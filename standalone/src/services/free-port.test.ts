import { once } from 'node:events';
import { createServer } from 'node:net';

import { describe, expect, it } from 'vitest';

import { findFreePort, isFree } from './free-port.ts';

describe('a free port', () => {
  it('is another one at each call, and none that a connection may be given by chance', async () => {
    const ports = await Promise.all(Array.from({ length: 200 }, findFreePort));
    expect(new Set(ports).size).toBe(200);
    expect(Math.max(...ports)).toBeLessThan(32_768);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(20_000);
  });

  it('is free until somebody listens there', async () => {
    const port = await findFreePort();
    expect(await isFree('127.0.0.1', port)).toBe(true);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    expect(await isFree('127.0.0.1', port)).toBe(false);
    server.close();
  });
});
