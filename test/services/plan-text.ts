/** The most rows that a step of a plan, as `explain (analyze)` prints it, read and passed over. */
export function mostRowsRemoved(plan: string): number {
  const removed = [...plan.matchAll(/Rows Removed by (?:Join )?Filter: (\d+)/g)];
  return Math.max(0, ...removed.map((match) => Number(match[1])));
}
