import type { Workload } from './workload.ts';
import { api } from './workloads/api.ts';
import { capture } from './workloads/capture.ts';
import { cdcPostgres } from './workloads/cdc-postgres.ts';
import { chain } from './workloads/chain.ts';
import { fanOut } from './workloads/fan-out.ts';
import { freshness } from './workloads/freshness.ts';
import { one } from './workloads/one.ts';
import { start } from './workloads/start.ts';
import { throughput } from './workloads/throughput.ts';

export const WORKLOADS: readonly Workload[] = [
  chain,
  one,
  throughput,
  fanOut,
  cdcPostgres,
  capture,
  freshness,
  start,
  api,
];
