import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { findFreePort } from '@tidegate/standalone/services';

import { stopProcess } from '../child.ts';
import { build } from '../product/build.ts';
import { ordinaryEnvironment, ROOT, untilReady } from '../product/product.ts';
import type { Figure, Workload } from '../workload.ts';

/** V8 goes on optimising what the start ran for about this long; then it is at rest. */
const SETTLE_MS = 30_000;
const IDLE_SECONDS = 20;
const TICKS_PER_SECOND = 100;

/** `npm start`, installed and built, to its ready line; then what it takes while nothing happens. */
export const start: Workload = {
  name: 'start',
  description: 'npm start to ready, first and second time; memory and CPU of our processes at rest',
  run: async ({ seconds = IDLE_SECONDS, say }) => {
    build(ROOT);
    const home = mkdtempSync(path.join(os.tmpdir(), 'tidegate-bench-home-'));
    const first = await startOnce(home);
    await stopProcess(first.child);
    const second = await startOnce(home);
    say(`  at rest for ${seconds} s …`);
    await delay(SETTLE_MS);
    const before = ownProcesses(second.child.pid ?? 0);
    await delay(seconds * 1_000);
    const after = ownProcesses(second.child.pid ?? 0);
    await stopProcess(second.child);
    rmSync(home, { recursive: true, force: true });
    for (const { name, pssMb } of after) say(`    ${pssMb.toFixed(0)} MB  ${name}`);
    const cpuTicks = sum(after.map(({ ticks }) => ticks)) - sum(before.map(({ ticks }) => ticks));
    return [
      { of: 'new home', metric: 'ready_ms', value: first.readyMs, unit: 'ms' },
      { of: 'used home', metric: 'ready_ms', value: second.readyMs, unit: 'ms' },
      { metric: 'idle_pss_mb', value: sum(after.map(({ pssMb }) => pssMb)), unit: 'MB' },
      { metric: 'processes', value: after.length, unit: 'count' },
      {
        metric: 'idle_cpu_percent',
        value: (cpuTicks * 100) / TICKS_PER_SECOND / seconds,
        unit: '%',
      },
    ] satisfies Figure[];
  },
};

async function startOnce(home: string) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['scripts/start.mjs'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...ordinaryEnvironment(),
      TIDEGATE_HOME: home,
      TIDEGATE_PORT: String(await findFreePort()),
    },
  });
  await untilReady(child);
  return { child, readyMs: performance.now() - startedAt };
}

interface OwnProcess {
  readonly name: string;
  readonly pssMb: number;
  readonly ticks: number;
}

/** The process and all below it that run Node: the databases are not ours. */
function ownProcesses(root: number): OwnProcess[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readProc(`${name}/stat`) : undefined;
    if (stat !== undefined) parents.set(Number(name), Number(fieldsOf(stat)[1]));
  }
  return [...parents.keys()]
    .filter((pid) => isBelow(pid, root, parents))
    .flatMap((pid) => describe(pid));
}

function describe(pid: number): OwnProcess[] {
  const [stat, memory] = [readProc(`${pid}/stat`), readProc(`${pid}/smaps_rollup`)];
  const command = readProc(`${pid}/cmdline`)?.split('\0') ?? [];
  const program = command[0] ?? '';
  if (stat === undefined || memory === undefined || path.basename(program) !== 'node') return [];
  const fields = fieldsOf(stat);
  const pss = /^Pss:\s+(\d+) kB/m.exec(memory)?.[1];
  return [
    {
      name: path.basename(command.find((part) => /\.m?js$/.test(part)) ?? program),
      pssMb: Number(pss) / 1_024,
      ticks: Number(fields[11]) + Number(fields[12]),
    },
  ];
}

/** The fields of `/proc/<pid>/stat` after the name: state first, then the parent. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function isBelow(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
    if (at === root) return true;
  return false;
}

function readProc(file: string): string | undefined {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
