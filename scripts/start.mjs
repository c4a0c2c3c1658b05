// `npm start`: everything in one command, on a fresh machine with only Node.
import { build, checkNode, install } from './prepare.mjs';

checkNode();
install();
build();
// The same process goes on as the product: one less to keep in memory, and signals arrive directly.
await import('../standalone/dist/run-standalone.js');
