import { spawnSync } from 'node:child_process';

/** Builds what changed, as `npm start` does; the product is measured as people run it. */
export function build(root: string): void {
  const script = "import('./scripts/prepare.mjs').then(({ build }) => build())";
  const { status } = spawnSync(process.execPath, ['-e', script], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the build failed; see above');
}
