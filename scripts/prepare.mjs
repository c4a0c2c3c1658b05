// What `npm start` and `npm test` do first. Needs nothing but Node: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

const STAMPS = path.join(ROOT, 'node_modules', '.cache', 'tidegate');
const BUILT = ['engine', 'workers', 'dags', 'web', 'cli', 'standalone'];
const MINIMUM_NODE = [20, 19];

/** Ends with one clear line and code 1: what is wrong, what mends it. */
export function fail(message) {
  console.error(`tidegate: ${message}`);
  process.exit(1);
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isOld = major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1]);
  if (isOld)
    fail(`Node ${MINIMUM_NODE.join('.')} or newer is needed, this is ${process.versions.node}`);
}

/** Installs dependencies if the lock file changed since the last time. */
export function install() {
  const hash = hashFiles([path.join(ROOT, 'package-lock.json')]);
  if (readStamp('installed') === hash) return;
  console.error('tidegate: installing dependencies (once, about a minute) …');
  // Not `npm ci`: it insists on the optional binaries of every other platform, which a lock file written
  // where those cannot be had does not list. The versions are the lock file's all the same.
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', ...quiet], 'the installation failed; see above');
  writeStamp('installed', hash);
}

/** Builds if a source changed since the last build. */
export function build() {
  const hash = hashFiles(BUILT.flatMap((folder) => sourcesOf(path.join(ROOT, folder))));
  const isThere = BUILT.every((folder) => existsSync(path.join(ROOT, folder, 'dist')));
  if (isThere && readStamp('built') === hash) return;
  console.error('tidegate: building (sources changed) …');
  const turbo = path.join(ROOT, 'node_modules', '.bin', 'turbo');
  const packages = BUILT.flatMap((folder) => ['--filter', `@tidegate/${folder}`]);
  run(
    turbo,
    ['run', 'build', '--output-logs=errors-only', ...packages],
    'the build failed; see above',
  );
  writeStamp('built', hash);
}

function run(command, args, failure) {
  // Build tools need no network and tell nobody.
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], env });
  if (status !== 0) fail(failure);
}

function sourcesOf(folder) {
  const files = readdirSync(path.join(folder, 'src'), { recursive: true, withFileTypes: true });
  const sources = files
    .filter((entry) => entry.isFile() && !/\.test(-d)?\.tsx?$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
  const settings = ['package.json', 'tsconfig.build.json', 'vite.config.ts']
    .map((name) => path.join(folder, name))
    .filter((file) => existsSync(file));
  return [...sources, ...settings];
}

function hashFiles(files) {
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}

function readStamp(name) {
  const file = path.join(STAMPS, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function writeStamp(name, hash) {
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(path.join(STAMPS, name), hash);
}
