import { openTopicLog } from '@tidegate/engine/topic-log';

import type { CaptureConfig } from '../capture-config.ts';
import { startCapture } from '../start-capture.ts';

/** A capture in a process of its own, for tests that kill it. Arguments: topic log URL, config as JSON. */
const [logUrl = '', configJson = ''] = process.argv.slice(2);
const log = await openTopicLog({ kind: 'postgres', url: logUrl });
const capture = await startCapture(JSON.parse(configJson) as CaptureConfig, { log });
process.stdout.write('started\n');
const end = await capture.ended;
process.stdout.write(`${JSON.stringify(end.reason)}\n`);
