import { setTimeout as wait } from 'node:timers/promises';

/** Resources that keep a process alive, in the words of the error. */
const WORDS: Readonly<Record<string, string>> = {
  Timeout: 'timer',
  TCPSocketWrap: 'TCP connection',
  TCPServerWrap: 'TCP server',
  TCPConnectWrap: 'TCP connection being made',
  TLSWrap: 'TLS connection',
  UDPWrap: 'UDP socket',
  PipeWrap: 'pipe',
  ProcessWrap: 'child process',
  FSEventWrap: 'file watcher',
  StatWatcher: 'file watcher',
  SignalWrap: 'signal handler',
};

const ATTEMPTS = 5;
const BETWEEN_MS = 20;

/** How many resources of each kind are open now; unref'ed ones do not count. */
export function openHandles(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    if (type in WORDS) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

/** What was opened since `before` and stays open a tenth of a second, in words; empty when nothing did. */
export async function leftOpen(before: ReadonlyMap<string, number>): Promise<readonly string[]> {
  let left: readonly string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    left = [...openHandles()].flatMap(([type, count]) =>
      count > (before.get(type) ?? 0) ? [WORDS[type] ?? type] : [],
    );
    if (left.length === 0) return left;
    await wait(BETWEEN_MS, undefined, { ref: false });
  }
  return left;
}
