import { findProgram } from '../../standalone/src/services/index.ts';

import { installCommand, installPackages, whyNotInstall } from '../services/install.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const PACKAGES = ['chromium'];

/** The program of a Chromium on this machine, installed where that is allowed; else why there is none. */
export function provideChromium(): { readonly program: string } | { readonly missing: string } {
  const given = process.env['TIDEGATE_TEST_CHROMIUM'];
  if (given !== undefined) return { program: given };
  const forbidden = whyNotInstall();
  if (findProgram(NAMES) === undefined && forbidden === undefined) installPackages(PACKAGES);
  const program = findProgram(NAMES);
  if (program !== undefined) return { program };
  const remedy = `Install it: ${installCommand(PACKAGES)}`;
  return { missing: `not installed, and ${forbidden ?? 'installing did not help'}. ${remedy}` };
}
