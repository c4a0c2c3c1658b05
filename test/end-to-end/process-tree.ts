import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All living descendants of a process, parents before children. */
export function descendantsOf(root: number): RunningProcess[] {
  // 0 stands for a process that has ended; to the kernel it is the parent of everything.
  if (root <= 0) return [];
  const all = listProcesses();
  const found: RunningProcess[] = [];
  for (let generation = [root]; generation.length > 0;) {
    const children = all.filter(({ parent }) => generation.includes(parent));
    found.push(...children);
    generation = children.map(({ pid }) => pid);
  }
  return found;
}

/** Ids of a process and of all its living descendants. */
export function treeOf(root: number): number[] {
  return [root, ...descendantsOf(root).map(({ pid }) => pid)];
}

/** Living processes whose command line names `text`: what a start left behind in its folder. */
export function processesNaming(text: string): RunningProcess[] {
  return listProcesses().filter(({ command }) => command.includes(text));
}

/** TCP ports of IPv4 a process listens on. */
export function listeningPortsOf(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => linkOf(`/proc/${pid}/fd/${fd}`) ?? []),
  );
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, , , state, , , , , , inode]) => state === LISTENING && sockets.has(`socket:[${inode}]`),
    )
    .map(([, address = '']) => parseInt(address.split(':')[1] ?? '', 16));
}

const LISTENING = '0A';

function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

function listProcesses(): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

function readProcess(pid: number): RunningProcess | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    // The name in parentheses may hold spaces: state and parent are the first fields after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[0] === 'Z' ? undefined : { pid, parent: Number(fields[1]), command };
  } catch {
    return undefined;
  }
}
