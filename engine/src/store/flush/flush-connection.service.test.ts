import { expect, it } from 'vitest';

import { createPostgresDatabase, describeWith } from '../../../../test/services/services.ts';
import { connectionTelling } from '../../../test/engine/told-timeline.ts';
import { Database } from '../db.ts';
import { STORE_ERRORS } from '../errors.ts';
import { isConnectionLoss } from '../pg-errors.ts';
import { TimelineWatch } from '../timeline-watch.ts';
import { FlushConnection } from './flush-connection.ts';

/** What a server says of itself until it is promoted. */
class Standby extends TimelineWatch {
  override check(): Promise<void> {
    return super.check(connectionTelling({ isStandby: true, timeline: null }));
  }
}

describeWith(['postgres'], 'a flush connection to a standby', () => {
  it('is refused as an outage is, and leaves no connection behind however often it is tried', async () => {
    await using postgres = await createPostgresDatabase('standby');
    const connection = new FlushConnection({ url: postgres.url, timeline: new Standby() });
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const thrown: unknown = await connection.open().catch((error: unknown) => error);
      expect(thrown).toMatchObject({ code: STORE_ERRORS.unavailable });
      expect(isConnectionLoss(thrown)).toBe(true);
    }
    const database = new Database({ url: postgres.url, poolSize: 1 });
    await expect
      .poll(async () => {
        const { rows } = await database.query(
          `select from pg_stat_activity
            where datname = current_database() and application_name = 'tidegate flush'`,
        );
        return rows.length;
      })
      .toBe(0);
    await database.close();
  });
});
