import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The product's own pipelines, unless `TIDEGATE_DAGS_FOLDER` names others. */
export const OWN_DAGS = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  '../../dags/src',
);
