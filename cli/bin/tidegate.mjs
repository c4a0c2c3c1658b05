#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/main.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  console.error('tidegate: not built yet; `npm start` or `npm run build` does that');
  process.exitCode = 1;
}
