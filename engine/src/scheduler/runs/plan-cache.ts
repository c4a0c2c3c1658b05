import type { Sql } from '../../store/db.ts';
import { listPlans, type DagPlan } from '../../store/runs/dag-plan.ts';

/** Plans by version, read once: versions never change. */
export interface PlanCache {
  get(versionKey: number): Promise<DagPlan | undefined>;
  /** The plan of a DAG asked for last: the newest there was, which whoever locks the DAG's row compares. */
  remembered(dagId: string): DagPlan | undefined;
  forget(): void;
}

const MOST = 2_000;

export function createPlanCache(sql: Sql): PlanCache {
  const plans = new Map<number, DagPlan>();
  const newest = new Map<string, DagPlan>();
  const read = async (versionKey: number): Promise<DagPlan | undefined> => {
    const [plan] = await listPlans(sql, [versionKey]);
    if (plan === undefined) return undefined;
    if (plans.size >= MOST) plans.clear();
    plans.set(versionKey, plan);
    return plan;
  };
  return {
    get: async (versionKey) => {
      const plan = plans.get(versionKey) ?? (await read(versionKey));
      if (plan === undefined) return undefined;
      if (newest.size >= MOST) newest.clear();
      newest.set(plan.dagId, plan);
      return plan;
    },
    remembered: (dagId) => newest.get(dagId),
    forget: () => {
      plans.clear();
      newest.clear();
    },
  };
}
