import { loadStatements } from './load-statements.ts';
import type { LoadTarget } from './load-target.ts';
import { Session } from './session.ts';
import { prepareTarget, type TargetShape } from './target-shape.ts';

/** A connection with a target's stage and statements in place. */
export type LoaderSession = Session<TargetShape>;

/** With `shape`, the target is taken to be as another session of the same load found it. */
export function openLoaderSession(
  uri: string,
  target: LoadTarget,
  shape?: TargetShape,
): Promise<LoaderSession> {
  return Session.open(uri, async (client) => {
    const found = shape ?? (await prepareTarget(client, target));
    await client.query(loadStatements(target, found));
    return found;
  });
}
