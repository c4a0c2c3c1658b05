import { parseArgs } from 'node:util';

import { calibrate } from './calibration.ts';
import { OwnServices } from './services.ts';
import { WORKLOADS } from './workload-list.ts';
import {
  median,
  round,
  type Figure,
  type FigureLine,
  type Lane,
  type Workload,
  type WorkloadContext,
} from './workload.ts';

const USAGE = `npm run bench -- <workload> [--lane postgres|bullmq] [--runs n] [--seconds n] [--records n] [--rate n]
npm run bench -- --list`;

const say = (text: string) => process.stderr.write(`${text}\n`);

await main();

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      lane: { type: 'string', default: 'postgres' },
      runs: { type: 'string', default: '1' },
      seconds: { type: 'string' },
      records: { type: 'string' },
      rate: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list) {
    for (const { name, description } of WORKLOADS) say(`${name.padEnd(14)} ${description}`);
    return;
  }
  const workload = WORKLOADS.find(({ name }) => name === positionals[0]);
  if (workload === undefined || !isLane(values.lane)) {
    say(USAGE);
    process.exit(2);
  }
  await measure(workload, Number(values.runs), {
    lane: values.lane,
    say,
    seconds: numberOf(values.seconds),
    records: numberOf(values.records),
    rate: numberOf(values.rate),
  });
}

/** With servers of its own: a topic of the run before would be loaded by the next one. */
async function runOnce(
  workload: Workload,
  context: Omit<WorkloadContext, 'services'>,
): Promise<readonly Figure[]> {
  const services = new OwnServices();
  const onInterrupt = () => void services.stop().finally(() => process.exit(130));
  process.once('SIGINT', onInterrupt);
  try {
    return await workload.run({ ...context, services });
  } finally {
    await services.stop();
    process.off('SIGINT', onInterrupt);
  }
}

/** Runs the workload and prints a line a figure: the median of the runs, with each of them beside it. */
async function measure(
  workload: Workload,
  runs: number,
  context: Omit<WorkloadContext, 'services'>,
): Promise<void> {
  const calibration = calibrate();
  const measured = new Map<string, { figure: Figure; values: number[] }>();
  for (let run = 1; run <= runs; run += 1) {
    say(`bench ${workload.name}, ${context.lane} lane, run ${run} of ${runs} …`);
    for (const figure of await runOnce(workload, context)) {
      const name = `${figure.of ?? ''} ${figure.metric}`;
      const known = measured.get(name) ?? { figure, values: [] };
      known.values.push(round(figure.value));
      measured.set(name, known);
    }
  }
  for (const { figure, values } of measured.values()) {
    const line: FigureLine = {
      bench: workload.name,
      lane: context.lane,
      ...figure,
      value: median(values),
      runs: values,
      calibration,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

function isLane(text: string): text is Lane {
  return text === 'postgres' || text === 'bullmq';
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
