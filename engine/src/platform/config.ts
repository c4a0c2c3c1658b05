/** Folder in which failpoints are armed; undefined, as ever outside of tests: none is. */
export const failpointFolder = process.env['TIDEGATE_FAILPOINTS'];
