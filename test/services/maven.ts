import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { makeWhole, unpackArchive } from './download-cache.ts';

/** True when `folder` holds jars, and so all of them: it appears whole. */
export function hasJars(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.jar'));
}

/** Gets `group:name:version` and what they need at run time with Maven, which knows where jars live. */
export function fetchJars(folder: string, coordinates: readonly string[]): void {
  if (hasJars(folder)) return;
  makeWhole(folder, hasJars, (unfinished) => {
    writeFileSync(path.join(unfinished, 'pom.xml'), pomOf(coordinates));
    runMaven(unfinished, 'dependency:copy-dependencies', '-DincludeScope=runtime');
  });
}

/** Gets the jar `group:name:version` with Maven and unpacks the archive `entry` of it into `folder`. */
export function fetchArchive(folder: string, coordinate: string, entry: string): void {
  if (existsSync(folder)) return;
  makeWhole(folder, existsSync, (unfinished) => {
    runMaven(unfinished, 'dependency:unpack', `-Dartifact=${coordinate}`);
    unpackArchive(unfinished, entry);
  });
}

function runMaven(folder: string, ...args: readonly string[]): void {
  execFileSync('mvn', ['-q', '-B', ...args, `-DoutputDirectory=${folder}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function pomOf(coordinates: readonly string[]): string {
  const dependencies = coordinates.map((coordinate) => {
    const [group, name, version] = coordinate.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>tidegate</groupId><artifactId>jars</artifactId><version>1</version>
<dependencies>${dependencies.join('')}</dependencies></project>
`;
}
