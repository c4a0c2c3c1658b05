#!/usr/bin/env node
import { askPerson } from './ask-person.ts';
import { runCli } from './program.ts';

const exitCode = await runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  // Both: the question goes to standard error, which a script may have taken away.
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask: askPerson } : {}),
});
process.exitCode = exitCode;
