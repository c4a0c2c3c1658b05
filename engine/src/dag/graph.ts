import { dagError } from './errors.ts';

/** Beyond these a DAG is a mistake or a denial of service; both are far above what a console can show. */
export const MOST_TASKS = 5_000;
export const MOST_EDGES = 100_000;

/** Tasks in order of declaration and who waits for whom. */
export class TaskGraph {
  readonly #upstream = new Map<string, Set<string>>();
  readonly #dagId: string;
  #edges = 0;

  constructor(dagId: string) {
    this.#dagId = dagId;
  }

  addTask(id: string): void {
    if (this.#upstream.size === MOST_TASKS) {
      throw dagError(
        'DAG_TOO_LARGE',
        `DAG '${this.#dagId}' has more than ${MOST_TASKS} tasks; split it, or let a task do several things`,
      );
    }
    this.#upstream.set(id, new Set());
  }

  has(id: string): boolean {
    return this.#upstream.has(id);
  }

  /** `downstream` waits for `upstream`. Naming an edge twice is harmless. */
  addEdge(upstream: string, downstream: string): void {
    const known = this.#upstream.get(downstream);
    if (known === undefined || known.has(upstream)) return;
    if (this.#edges === MOST_EDGES) {
      throw dagError(
        'DAG_TOO_LARGE',
        `DAG '${this.#dagId}' has more than ${MOST_EDGES} edges; put one joining task between large groups`,
      );
    }
    known.add(upstream);
    this.#edges += 1;
  }

  /** Sorted ids of the direct upstream tasks. */
  upstreamOf(id: string): readonly string[] {
    return [...(this.#upstream.get(id) ?? [])].sort();
  }

  /**
   * Upstream before downstream; among tasks that could come next the one declared first, so that equal files
   * give equal orders. Throws `CYCLE` with the path.
   */
  topologicalOrder(): readonly string[] {
    const declared = [...this.#upstream.keys()];
    const place = new Map(declared.map((id, index) => [id, index]));
    const waiting = new Map(declared.map((id) => [id, this.#upstream.get(id)?.size ?? 0]));
    const downstream = this.#downstream();
    const ready = new MinHeap(declared.flatMap((id, i) => (waiting.get(id) === 0 ? [i] : [])));
    const order: string[] = [];
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      const id = declared[next] ?? '';
      order.push(id);
      for (const other of downstream.get(id) ?? []) {
        const left = (waiting.get(other) ?? 0) - 1;
        waiting.set(other, left);
        if (left === 0) ready.push(place.get(other) ?? 0);
      }
    }
    if (order.length < declared.length) throw this.#cycleError(new Set(order));
    return order;
  }

  #downstream(): Map<string, string[]> {
    const downstream = new Map<string, string[]>();
    for (const [id, upstream] of this.#upstream) {
      for (const other of upstream) {
        const list = downstream.get(other);
        if (list === undefined) downstream.set(other, [id]);
        else list.push(id);
      }
    }
    return downstream;
  }

  /** Every task left over waits for another one left over: walking upstream must come round. */
  #cycleError(sorted: ReadonlySet<string>): Error {
    const path: string[] = [];
    let id = [...this.#upstream.keys()].find((one) => !sorted.has(one)) ?? '';
    while (!path.includes(id)) {
      path.push(id);
      id = this.upstreamOf(id).find((one) => !sorted.has(one)) ?? '';
    }
    const cycle = [...path.slice(path.indexOf(id)), id].reverse();
    return dagError(
      'CYCLE',
      `DAG '${this.#dagId}': tasks wait for each other: ${cycle.join(' → ')}; remove one of these edges (input, after, before, to)`,
      { cycle },
    );
  }
}

/** Smallest number first. */
class MinHeap {
  readonly #items: number[] = [];

  constructor(items: readonly number[]) {
    items.forEach((item) => {
      this.push(item);
    });
  }

  push(item: number): void {
    let at = this.#items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#at(parent) <= item) break;
      this.#items[at] = this.#at(parent);
      at = parent;
    }
    this.#items[at] = item;
  }

  pop(): number | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last);
    return first;
  }

  #sink(item: number): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const smaller = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(smaller) >= item) break;
      this.#items[at] = this.#at(smaller);
      at = smaller;
    }
    this.#items[at] = item;
  }

  #at(index: number): number {
    return this.#items[index] ?? Infinity;
  }
}
