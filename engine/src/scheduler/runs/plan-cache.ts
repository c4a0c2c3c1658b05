import type { Sql } from '../../store/db.ts';
import { listPlans, type DagPlan } from '../../store/runs/dag-plan.ts';

/** Plans by version, read once: versions never change. */
export interface PlanCache {
  get(versionKey: number): Promise<DagPlan | undefined>;
}

const MOST = 2_000;

export function createPlanCache(sql: Sql): PlanCache {
  const plans = new Map<number, DagPlan>();
  return {
    get: async (versionKey) => {
      const known = plans.get(versionKey);
      if (known !== undefined) return known;
      const [plan] = await listPlans(sql, [versionKey]);
      if (plan === undefined) return undefined;
      if (plans.size >= MOST) plans.clear();
      plans.set(versionKey, plan);
      return plan;
    },
  };
}
