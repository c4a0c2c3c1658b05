/** Public surface of `@tidegate/workers/capture`. */
export type { CaptureConfig, CapturedTable, DecimalMode } from './capture-config.ts';
export type { CaptureStatus, SnapshotProgress } from './capture-status.ts';
export type { CaptureErrorCode } from './errors.ts';
export { SNAPSHOT_COMPLETED } from './snapshot-marker.ts';
export { startCapture, type Capture, type CaptureDeps, type CaptureEnd } from './start-capture.ts';
