import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Jars are kept between runs: they are large and never change. */
export const JAR_CACHE = path.join(os.homedir(), '.cache', 'tidegate');

/** True when `folder` holds jars, and so all of them: it appears whole. */
export function hasJars(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.jar'));
}

/** Gets `group:name:version` and what they need at run time with Maven, which knows where jars live. */
export function fetchJars(folder: string, coordinates: readonly string[]): void {
  if (hasJars(folder)) return;
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    writeFileSync(path.join(unfinished, 'pom.xml'), pomOf(coordinates));
    execFileSync(
      'mvn',
      [
        ...['-q', '-B', 'dependency:copy-dependencies'],
        ...['-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`],
      ],
      { cwd: unfinished, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } catch (error) {
    // Another test run may have been quicker.
    if (!hasJars(folder)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
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
