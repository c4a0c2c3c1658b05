// A bundle as registration would make it: product modules keep their prefix until they are linked.
import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { defineDag, FailTask, SkipTask } from 'tidegate-external:@tidegate/engine/dag';

export const sample = defineDag({ id: 'sample', schedule: null }, ({ task, sensor }) => {
  task('noop', async () => {});
  task('double', ({ input }) => input.number * 2);
  task('identity', ({ task: own }) => ({ ...own }));
  task('environment', () => ({ ...process.env }));
  task('fail', () => {
    throw Object.assign(new TypeError('no such column'), { code: '42703' });
  });
  task('fail_for_good', () => {
    throw new FailTask('wrong input');
  });
  task('skip', () => {
    throw new SkipTask('nothing to do');
  });
  sensor('approved', () => false, { every: '30s' });
  task('sleep', async ({ signal, params }) => {
    if (params.marker) appendFileSync(params.marker, `started ${process.pid}\n`);
    try {
      await sleep(params.ms ?? 600_000, undefined, { signal });
    } catch (err) {
      if (params.marker) appendFileSync(params.marker, 'aborted\n');
      throw err;
    }
    return 'slept';
  });
  task('read', async ({ source }) => {
    const values = [];
    for await (const batch of source.read()) {
      for (const record of batch.records) values.push(record.value.toString());
    }
    return { values, records: source.records };
  });
});

/** Tasks that take their process with them, or would. */
export const rogue = defineDag({ id: 'rogue', schedule: null }, ({ task }) => {
  task('innocent', async ({ params }) => {
    appendFileSync(params.marker, `${process.pid}\n`);
    await sleep(params.ms ?? 600_000);
  });
  task('deaf', async ({ params }) => {
    writeFileSync(params.marker, String(process.pid));
    await sleep(600_000);
  });
  task('loop', async ({ params }) => {
    writeFileSync(params.marker, String(process.pid));
    await sleep(50);
    for (;;);
  });
  task('loop_at_once', ({ params }) => {
    writeFileSync(params.marker, String(process.pid));
    for (;;);
  });
  task('block', ({ params }) => {
    writeFileSync(params.marker, String(process.pid));
    for (const until = performance.now() + params.ms; performance.now() < until;);
  });
  task('exit', () => process.exit(0));
  task('exit_later', async () => {
    await sleep(30);
    process.exit(3);
  });
  task('stray_rejection', async () => {
    setTimeout(() => Promise.reject(new RangeError('nobody waits for me')), 10);
    await sleep(600_000);
  });
  task('crash', () => {
    process.abort();
  });
  task('kill_itself', async () => {
    process.kill(process.pid, 'SIGKILL');
    await sleep(600_000);
  });
  task('eat_memory', () => {
    const eaten = [];
    for (;;) eaten.push(new Array(100_000).fill(eaten.length));
  });
  task('grandchild', async ({ params }) => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    writeFileSync(params.marker, `${process.pid} ${child.pid}`);
    await sleep(params.ms ?? 600_000);
  });
});

export const talker = defineDag({ id: 'talker', schedule: null }, ({ task }) => {
  task('talk', async ({ log, progress }) => {
    console.log('to stdout');
    console.error('to stderr');
    process.stdout.write('without an end');
    log.info({ rows: 3n, err: new Error('inner') }, 'structured');
    log.debug('plain');
    progress(1, 2);
    spawn('echo', ['from a grandchild'], { stdio: 'inherit' });
    await sleep(300);
  });
  task('report', async ({ progress, waitingFor }) => {
    progress(1, 2);
    waitingFor('the tide');
    await sleep(600_000);
  });
  task('secretive', async ({ connection, variable, log }) => {
    const { uri } = await connection('dw');
    const key = await variable('api_key');
    log.info({ password: 'by name', nested: { uri } }, `using ${uri} and ${key}`);
    console.log(Buffer.from('p@ss-word').toString('base64'));
    process.stdout.write(encodeURIComponent('p@ss-word') + '\n');
    throw new RangeError(`cannot reach ${uri}`);
  });
  task('connected', async ({ connection, params }) => {
    await connection('dw');
    if (params.fails) throw new RangeError('refused');
  });
  task('no_connection', ({ connection }) => connection('missing'));
  task('flood', async ({ params }) => {
    const line = 'x'.repeat(1_000);
    for (let i = 0; i < params.lines; i += 1) {
      console.log(`${i} ${line}`);
      if (i % 500 === 0) await sleep(1);
    }
  });
  task('flood_at_once', ({ params }) => {
    const line = 'x'.repeat(1_000);
    for (let i = 0; i < params.lines; i += 1) console.log(`${i} ${line}`);
  });
});

export const other = defineDag({ id: 'other', schedule: null }, ({ task }) => {
  task('pid', () => process.pid);
});
