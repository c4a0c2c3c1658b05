import { Option } from 'commander';

import type { ApiClient } from '../api-client.ts';
import { type Format, FORMATS } from '../output.ts';

/** What every command is given besides its arguments. */
export interface CommandContext {
  /** Opened on first use: `--help` needs no server. */
  readonly api: () => ApiClient;
  /** Data, one line or many, on standard output. */
  readonly print: (text: string) => void;
  /** Talk, on standard error. */
  readonly say: (text: string) => void;
}

export interface OutputOptions {
  readonly output: Format;
}

/** `-o table|json|yaml|plain` */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how to print the data')
    .choices([...FORMATS])
    .default('table');
}
