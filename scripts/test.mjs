// `npm test`: sets up, then runs every stage within its time budget, and ends with one line of counts.
// `npm test -- quick service` runs only the stages named; `npm test -- --list` names them.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { build, checkNode, fail, install, ROOT } from './prepare.mjs';

const bin = (name) => path.join(ROOT, 'node_modules', '.bin', name);

/** Stage → its budget in minutes and what it runs. Checks count as one test each. */
const STAGES = {
  check: {
    minutes: 5,
    checks: [
      ['format', bin('prettier'), ['--check', '--log-level', 'warn', '.']],
      ['lint', bin('eslint'), ['.']],
      ['types', bin('turbo'), ['run', 'typecheck', '--output-logs=errors-only']],
      ['types of tests', bin('tsc'), ['-p', '.']],
    ],
  },
  quick: { minutes: 3, project: 'quick' },
  service: { minutes: 9, project: 'service' },
  'topic-log': { minutes: 6, project: 'topic-log' },
  clients: { minutes: 6, project: 'clients', needsBuild: true },
  browser: { minutes: 8, project: 'browser', needsBuild: true },
  faults: { minutes: 12, project: 'faults', needsBuild: true },
};

/** Of a failed test's error, in the list at the end. */
const MOST_ERROR_LINES = 12;

/** By hand only: hours, not minutes. */
const ON_REQUEST = { long: { minutes: 600, project: 'long', needsBuild: true } };

const asked = process.argv.slice(2);
const known = { ...STAGES, ...ON_REQUEST };
if (asked.includes('--list')) {
  console.log(Object.keys(known).join('\n'));
  process.exit(0);
}
const unknown = asked.find((name) => !(name in known));
if (unknown !== undefined)
  fail(`there is no stage '${unknown}'; there are ${Object.keys(known).join(', ')}`);

checkNode();
install();
const total = { passed: 0, failed: 0, skipped: 0 };
/** What failed in any stage, told again at the end, where it is looked for first. */
const failures = [];
for (const name of asked.length > 0 ? asked : Object.keys(STAGES)) {
  const stage = known[name];
  if (stage.needsBuild) {
    build();
    // Tests that start the product as a whole then start what users run.
    process.env.TIDEGATE_TEST_BUILT = '1';
  }
  const startedAt = Date.now();
  console.log(`\n== ${name} (budget ${stage.minutes} min)`);
  const counts = 'checks' in stage ? await runChecks(stage) : await runProject(stage);
  for (const key of Object.keys(total)) total[key] += counts[key];
  console.log(
    `== ${name}: ${sentence(counts)} in ${Math.round((Date.now() - startedAt) / 1000)} s`,
  );
}
if (failures.length > 0) console.log(`\nfailed:\n${failures.join('\n')}`);
console.log(`\n${sentence(total)}`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);

async function runChecks({ checks, minutes }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [label, command, args] of checks) {
    const isGreen = await run(command, args, minutes);
    console.log(`${isGreen ? '✓' : '✗'} ${label}`);
    counts[isGreen ? 'passed' : 'failed'] += 1;
    if (!isGreen) failures.push(`  check › ${label}`);
  }
  return counts;
}

async function runProject({ project, minutes }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-report-'));
  const report = path.join(folder, 'report.json');
  process.env.TIDEGATE_TEST_REPORT = report;
  const reporters = ['--reporter=default', '--reporter=./scripts/count-reporter.mjs'];
  const isGreen = await run(bin('vitest'), ['run', '--project', project, ...reporters], minutes);
  const { failures: told, ...counts } = readReport(report);
  rmSync(folder, { recursive: true, force: true });
  // A stage out of time has no test to count.
  if (!isGreen && counts.failed === 0) counts.failed = 1;
  if (!isGreen && told.length === 0) {
    told.push({ where: 'ended without a failed test', error: 'out of time, or see above' });
  }
  failures.push(...told.map(({ where, error }) => `  ${project} › ${where}: ${untilOurs(error)}`));
  return counts;
}

function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0, failures: [] };
  }
}

/** An error's text and the innermost line of its stack that is not a library's. */
function untilOurs(text) {
  const lines = text.trimEnd().split('\n');
  const isStack = (line) => /^\s+at /.test(line);
  const said = lines.filter((line) => !isStack(line)).slice(0, MOST_ERROR_LINES);
  const ours = lines.find((line) => isStack(line) && !/node_modules|node:/.test(line));
  return [...said, ...(ours === undefined ? [] : [ours])].join('\n    ');
}

/** True when the command ended well within its budget. */
function run(command, args, minutes) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env });
  const timer = setTimeout(() => {
    console.error(`out of its ${minutes} minutes: ${path.basename(command)} ${args.join(' ')}`);
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
  }, minutes * 60_000);
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
