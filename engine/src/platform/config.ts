/** Folder in which failpoints are armed; undefined, as ever outside of tests: none is. */
export const failpointFolder = process.env['TIDEGATE_FAILPOINTS'];

/** Where metrics are served; undefined: nobody asks, and what is counted at every flush is not. */
export const metricsPort = parsePort(process.env['TIDEGATE_METRICS_PORT']);

function parsePort(text: string | undefined): number | undefined {
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}
