/** Public surface of `@tidegate/engine/metrics`: what every process counts with, and how it is served. */
export {
  counter,
  declaring,
  gauge,
  histogram,
  LABELS,
  readGauge,
  registry,
  type Label,
} from './registry.ts';
export {
  countProcess,
  readMetrics,
  serveMetrics,
  type Metrics,
  type MetricsServer,
  type MetricsServerOptions,
  type Refresh,
} from './serve-metrics.ts';
export { observeMetadata } from './observe-metadata.ts';
