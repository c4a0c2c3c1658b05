import { declaring, gauge } from '@tidegate/engine/metrics';
import { metricsPort } from '@tidegate/engine/platform';

import type { CaptureStatus } from './capture-status.ts';
import { fileNumber } from './position.ts';

const PHASES = ['streaming', 'waiting', 'stopped', 'failed'] as const;

/** Captures of this process, by the prefix of their topics. */
const captures = new Map<string, () => CaptureStatus>();

const metrics = declaring(() => ({
  phase: gauge(
    {
      name: 'tidegate_capture_phase',
      help: '1 for the phase the capture of a source is in',
      labels: ['source', 'phase'],
    },
    () => {
      for (const [source, status] of captures) tell(source, status());
    },
  ),
  lag: gauge({
    name: 'tidegate_capture_lag_seconds',
    help: 'Age of the oldest change read and not yet produced, or since the source was last heard',
    labels: ['source'],
  }),
  file: gauge({
    name: 'tidegate_capture_binlog_file_number',
    help: 'Number of the binlog file everything before which is in the topic log',
    labels: ['source'],
  }),
  position: gauge({
    name: 'tidegate_capture_binlog_position_bytes',
    help: 'Position within that file',
    labels: ['source'],
  }),
  rows: gauge({
    name: 'tidegate_capture_rows',
    help: 'Rows produced since this process started',
    labels: ['source'],
  }),
  buffered: gauge({
    name: 'tidegate_capture_buffered_rows',
    help: 'Rows read and not yet produced',
    labels: ['source'],
  }),
  snapshotRows: gauge({
    name: 'tidegate_capture_snapshot_rows',
    help: 'Rows the snapshot of a table has read',
    labels: ['source', 'topic'],
  }),
}));

/** Tells a capture's status with the metrics of its process. Answers how to stop it. */
export function countCapture(source: string, status: () => CaptureStatus): () => void {
  if (metricsPort !== undefined) metrics();
  captures.set(source, status);
  return () => captures.delete(source);
}

function tell(source: string, status: CaptureStatus): void {
  const { phase, lag, file, position, rows, buffered, snapshotRows } = metrics();
  for (const one of PHASES) phase.set({ source, phase: one }, Number(one === status.phase));
  lag.set({ source }, status.lagMs / 1_000);
  file.set({ source }, fileNumber(status.position.file));
  position.set({ source }, status.position.pos);
  rows.set({ source }, status.rows);
  buffered.set({ source }, status.bufferedRows);
  for (const { topic, rows: read } of status.snapshots) snapshotRows.set({ source, topic }, read);
}
