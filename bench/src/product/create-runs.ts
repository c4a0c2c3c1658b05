import { type Database, insertRuns, notify } from '@tidegate/engine/server';

/** Creates runs of a registered DAG at once and wakes its scheduler; answers their run ids. */
export async function createRuns(
  database: Database,
  dagId: string,
  count: number,
): Promise<string[]> {
  const { rows } = await database.query<{ version_key: number }>(
    'select version_key from tidegate.dag where dag_id = $1',
    [dagId],
  );
  const now = new Date();
  const runIds = Array.from({ length: count }, (_, place) => `bench__${now.getTime()}_${place}`);
  await database.transaction(async (tx) => {
    await insertRuns(
      tx,
      runIds.map((runId) => ({
        dagId,
        runId,
        versionKey: rows[0]?.version_key ?? 0,
        runType: 'manual',
        lane: 'live',
        scope: dagId,
        logicalDate: null,
        dataIntervalStart: null,
        dataIntervalEnd: null,
        runAfter: now,
        conf: {},
        triggeredBy: 'bench',
        triggeringUser: null,
        backfillId: null,
        queuedAt: now,
      })),
    );
    await notify(tx, { kind: 'runs' });
  });
  return runIds;
}
