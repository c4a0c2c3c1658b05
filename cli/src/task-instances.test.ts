import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, it } from 'vitest';

import { ApiClient } from './api-client.ts';
import { listTaskInstances } from './task-instances.ts';

it('reads a run of more tasks than one answer holds, each once', async () => {
  const all = Array.from({ length: 2_345 }, (_, ix) => ({ task_id: `t${ix}` }));
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    const offset = Number(searchParams.get('offset'));
    const page = all.slice(offset, offset + Number(searchParams.get('limit')));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ task_instances: page, total_entries: all.length }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const api = new ApiClient({ apiUrl: `http://127.0.0.1:${port}`, token: 'any' });
  const listed = await listTaskInstances(api, '/dags/wide/dagRuns/one');
  server.close();
  expect(listed.map(({ task_id }) => task_id)).toEqual(all.map(({ task_id }) => task_id));
});
