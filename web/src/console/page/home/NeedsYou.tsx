import { Link } from '@tanstack/react-router';

import type { StreamResponse } from '../../../contract/streams.ts';
import type { UiHome } from '../../../contract/ui-home.ts';
import { formatOf } from '../../format/number.ts';
import { StateGlyph } from '../../state/StateGlyph.tsx';
import { buttonClass } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Moment } from '../../ui/Moment.tsx';
import styles from './Home.module.css';

interface Props {
  readonly home: UiHome;
  readonly streams: readonly StreamResponse[];
}

/** What somebody should look at, by what it holds up. */
export function NeedsYou({ home, streams }: Props) {
  const { failures, import_errors: errors } = home;
  const count = failures.length + (errors > 0 ? 1 : 0);
  if (count === 0) {
    return (
      <Card title="Needs you">
        <p className={styles.quiet}>
          <StateGlyph state="success" />
          Nothing: no newest run failed, every DAG file is registered.
        </p>
      </Card>
    );
  }
  return (
    <Card title="Needs you" note={`${count}, by what it holds up`}>
      <ul className={styles.needs}>
        {failures.map((failure) => {
          const stream = streams.find(({ dag_id: id }) => id === failure.dag_id);
          return (
            <li key={failure.dag_id}>
              <StateGlyph state="failed" />
              <div>
                <b>{failure.dag_id} failed</b>
                <p>
                  {failure.reason ?? formatOf(failure.failed_tasks, 'task failed', 'tasks failed')}
                  {stream !== undefined && `; holds ${formatOf(stream.records_behind, 'record')}`}
                </p>
              </div>
              <Moment atMs={failure.end} show="ago" />
              <Link
                to="/dags/$dagId/runs/$runId"
                params={{ dagId: failure.dag_id, runId: failure.dag_run_id }}
                className={buttonClass()}
              >
                Open failure<span className="srOnly"> of {failure.dag_id}</span>
              </Link>
            </li>
          );
        })}
        {errors > 0 && (
          <li>
            <Icon name="warning" size={14} />
            <div>
              <b>{formatOf(errors, 'DAG file')} could not be registered</b>
              <p>The last good version keeps running.</p>
            </div>
            <span />
            <Link to="/dags" className={buttonClass()}>
              Open errors
            </Link>
          </li>
        )}
      </ul>
    </Card>
  );
}
