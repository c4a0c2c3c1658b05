import type { StreamResponse } from '../../../contract/streams.ts';
import type { UiHome } from '../../../contract/ui-home.ts';
import { formatSeconds } from '../../format/duration.ts';
import { formatOf } from '../../format/number.ts';
import { sayKeepUp, streamsBehind } from '../../state/stream-lag.ts';
import { Moment } from '../../ui/Moment.tsx';
import { Say } from '../../ui/Say.tsx';

interface Props {
  readonly home: UiHome;
  readonly streams: readonly StreamResponse[];
}

/** The answer before the evidence. */
export function HomeSay({ home, streams }: Props) {
  const behind = streamsBehind(streams);
  const [worst] = behind;
  const [failure] = home.failures;
  if (home.dags.total === 0) {
    return (
      <Say
        fact="No DAG is registered yet."
        then="The first file in the DAGs folder appears here about a second after it was saved."
      />
    );
  }
  if (worst !== undefined) {
    const held = failure?.dag_id === worst.dag_id;
    return (
      <Say
        fact={`${worst.topic} is ${formatSeconds(worst.seconds_behind)} behind${held ? ', held by a run that failed.' : '.'}`}
        then={restOf(home, streams.length - 1, behind.length - 1)}
      />
    );
  }
  if (failure !== undefined) {
    return (
      <Say
        fact={
          <>
            {failure.dag_id} failed at <Moment atMs={failure.end} show="clock" />
            {home.dags.failing > 1
              ? `, and ${formatOf(home.dags.failing - 1, 'other DAG')} with it.`
              : '.'}
          </>
        }
        then={streams.length > 0 ? 'All streams keep up.' : undefined}
      />
    );
  }
  return (
    <Say
      fact="Everything is all right."
      then={`${streams.length > 0 ? `${sayKeepUp(streams.length)}; ` : ''}${formatOf(home.last_day.success, 'run')} succeeded in the last 24 hours, ${home.last_day.failed} failed.`}
    />
  );
}

function restOf({ dags }: UiHome, others: number, behind: number): string {
  const keepUp =
    behind > 0
      ? `${formatOf(behind, 'other stream is', 'other streams are')} behind as well. `
      : others > 0
        ? `${others === 1 ? 'The other stream keeps' : `The other ${others} streams keep`} up. `
        : '';
  return `${keepUp}${dags.failing === 0 ? 'No newest run failed.' : `${formatOf(dags.failing, 'DAG is', 'DAGs are')} failing.`}`;
}
