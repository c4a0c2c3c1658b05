import { faultOf, type Fault } from './fault.ts';

/** Which file has which DAG ids: the first to register one keeps it. */
export class DagOwners {
  readonly #fileOf = new Map<string, string>();

  /** Gives the ids to the file, unless another has one of them. What it had besides stays until released. */
  claim(file: string, ids: readonly string[]): Fault | undefined {
    const taken = ids.find((id) => this.#ownerOf(id, file) !== file);
    if (taken !== undefined) {
      return faultOf(
        'DUPLICATE_DAG_ID',
        `DAG '${taken}' of ${file} is already defined in ${this.#ownerOf(taken, file)}; rename one of them`,
      );
    }
    for (const id of ids) this.#fileOf.set(id, file);
    return undefined;
  }

  /** Takes from the file all ids but `kept`; answers whether there were any. */
  release(file: string, kept: readonly string[] = []): boolean {
    const freed = [...this.#fileOf].filter(([id, owner]) => owner === file && !kept.includes(id));
    for (const [id] of freed) this.#fileOf.delete(id);
    return freed.length > 0;
  }

  #ownerOf(id: string, or: string): string {
    return this.#fileOf.get(id) ?? or;
  }
}
