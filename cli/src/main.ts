#!/usr/bin/env node
import { runCli } from './program.ts';

const exitCode = await runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
});
// A service verb keeps running; its own code decides when the process ends.
process.exitCode = exitCode;
