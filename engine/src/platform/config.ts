/** Folder in which failpoints are armed; undefined, as ever outside of tests: none is. */
export const failpointFolder = process.env['TIDEGATE_FAILPOINTS'];

/** Where metrics are served; undefined: nobody asks, and what is counted at every flush is not. */
export const metricsPort = parsePort(process.env['TIDEGATE_METRICS_PORT']);

function parsePort(text: string | undefined): number | undefined {
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** True when spans have somewhere to go; the exporter reads the address itself. */
export const isTracing = Boolean(
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
);
