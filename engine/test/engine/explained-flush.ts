import { FlushConnection } from '../../src/store/flush/flush-connection.ts';

/** Settings of a connection whose server sends the plan of each statement as a notice. */
export const EXPLAIN = [
  '-c session_preload_libraries=auto_explain',
  '-c auto_explain.log_min_duration=0',
  '-c auto_explain.log_analyze=on',
  '-c auto_explain.log_level=notice',
].join(' ');

/** A connection as flushes use it, whose server adds the plan of each statement to `plans`. */
export function explainedFlush(url: string, plans: string[]): FlushConnection {
  return new FlushConnection({ url }, { options: EXPLAIN, onNotice: (text) => plans.push(text) });
}
