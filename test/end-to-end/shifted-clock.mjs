import childProcess from 'node:child_process';
import { readFileSync, watchFile } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

// Preloaded into the processes of the product: their wall clock is off by the milliseconds in the file SHIFTED_CLOCK
// names, from the moment they are written there. Timers and performance.now() go on as those of a real machine do.
const { SHIFTED_CLOCK: file, NODE_OPTIONS } = process.env;
const RealDate = Date;
let offsetMs = 0;

function read() {
  offsetMs = Number(readFileSync(file, 'utf8'));
}

class ShiftedDate extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + offsetMs);
    else super(...given);
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
}

read();
watchFile(file, { interval: 20, persistent: false }, read);
globalThis.Date = ShiftedDate;

// Task processes get a clean environment, and stand on the same machine.
const { fork } = childProcess;
childProcess.fork = (entry, ...rest) => {
  const { env = process.env, ...options } = rest.at(-1);
  return fork(entry, [], { ...options, env: { ...env, SHIFTED_CLOCK: file, NODE_OPTIONS } });
};
syncBuiltinESMExports();
