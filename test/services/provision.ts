import { findMysqlProgram, findProgram } from '../../standalone/src/services/index.ts';

import { fetchConnectJars, hasConnectJars } from './connect.ts';
import { installCommand, installPackages, whyNotInstall } from './install.ts';
import { fetchKafkaJars, hasKafkaJars } from './kafka.ts';
import { fetchMysqlServer, hasMysqlLibraries, hasMysqlServer } from './mysql.ts';
import type { ServiceAddresses, ServiceKind } from './service-addresses.ts';

interface Provision {
  /** Debian packages that bring the program. */
  readonly packages: readonly string[];
  readonly isInstalled: () => boolean;
  /** What packages alone do not bring. */
  readonly complete?: () => void;
}

/** What must be on the machine before each kind can be started. PostgreSQL comes with npm if nothing else. */
const PROVISIONS: Readonly<Record<ServiceKind, Provision>> = {
  postgres: { packages: [], isInstalled: () => true },
  mariadb: { packages: ['mariadb-server'], isInstalled: () => findMysqlProgram() !== undefined },
  mysql: {
    packages: ['libaio1', 'libnuma1', 'default-jre-headless', 'maven'],
    isInstalled: () => hasMysqlLibraries() && (hasMysqlServer() || hasMaven()),
    complete: () => {
      fetchMysqlServer();
    },
  },
  redis: {
    packages: ['redis-server'],
    isInstalled: () => findProgram(['redis-server']) !== undefined,
  },
  kafka: {
    packages: ['default-jre-headless', 'maven'],
    isInstalled: () => findProgram(['java']) !== undefined && (hasKafkaJars() || hasMaven()),
    complete: () => {
      if (!hasKafkaJars()) fetchKafkaJars();
    },
  },
  connect: {
    packages: ['default-jre-headless', 'maven'],
    isInstalled: () => findProgram(['java']) !== undefined && (hasConnectJars() || hasMaven()),
    complete: () => {
      fetchConnectJars();
    },
  },
};

const hasMaven = () => findProgram(['mvn']) !== undefined;

/**
 * Makes sure the programs behind the wanted kinds are there, installing them where that is allowed. Answers the
 * kinds that cannot be had, each with its reason and the command that would install it; in CI that is an error.
 */
export function provision(
  wanted: readonly ServiceKind[],
  given: ServiceAddresses,
): ReadonlyMap<ServiceKind, string> {
  const kinds = wanted.filter((kind) => given[kind] === null);
  const absent = kinds.filter((kind) => !PROVISIONS[kind].isInstalled());
  const forbidden = whyNotInstall();
  const packages = absent.flatMap((kind) => PROVISIONS[kind].packages);
  if (absent.length > 0 && forbidden === undefined) installPackages(packages);
  const missing = new Map<ServiceKind, string>();
  for (const kind of kinds) {
    const reason = whyUnusable(kind, forbidden);
    if (reason !== undefined) missing.set(kind, reason);
  }
  return missing;
}

function whyUnusable(kind: ServiceKind, forbidden: string | undefined): string | undefined {
  const { isInstalled, complete, packages } = PROVISIONS[kind];
  if (!isInstalled()) {
    return `not installed, and ${forbidden ?? 'installing did not help'}. Install it: ${installCommand(packages)}`;
  }
  try {
    complete?.();
    return undefined;
  } catch (error) {
    return `could not be completed: ${error instanceof Error ? error.message : String(error)}`;
  }
}
