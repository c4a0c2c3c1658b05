import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Why packages may not be installed here without asking, or undefined when they may. */
export function whyNotInstall(): string | undefined {
  if (process.env['TIDEGATE_TEST_INSTALL'] === '0') return 'TIDEGATE_TEST_INSTALL=0 forbids it';
  if (process.getuid?.() !== 0) return 'that needs root';
  if (!/^ID(_LIKE)?=.*(debian|ubuntu)/m.test(osRelease()))
    return 'this is neither Debian nor Ubuntu';
  return undefined;
}

/** Installs Debian packages, saying so. Throws when the package manager fails. */
export function installPackages(packages: readonly string[]): void {
  console.error(`installing ${packages.join(' ')} (forbid with TIDEGATE_TEST_INSTALL=0) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] };
  execFileSync('apt-get', ['update', '-qq'], quiet);
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet);
}

/** The one command that would install them by hand. */
export function installCommand(packages: readonly string[]): string {
  return `sudo apt-get install -y ${packages.join(' ')}`;
}

function osRelease(): string {
  return existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
}
