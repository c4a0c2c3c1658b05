import type { UiRun } from '../../../contract/ui-run.ts';
import styles from './Params.module.css';

/** What the run was given, and where it came from. */
export function Params({ page }: { readonly page: UiRun }) {
  const { run, version } = page;
  const conf = run.conf ?? {};
  const hasParams = Object.keys(conf).length > 0;
  return (
    <div className={styles.params}>
      {hasParams ? <pre>{JSON.stringify(conf, null, 2)}</pre> : <p>The run was given no params.</p>}
      <dl>
        <dt>Run id</dt>
        <dd>
          <code>{run.dag_run_id}</code>
        </dd>
        <dt>Triggered by</dt>
        <dd>{run.triggering_user_name ?? run.triggered_by ?? 'unknown'}</dd>
        <dt>Logical date</dt>
        <dd>{run.logical_date ?? 'none'}</dd>
        <dt>Lane</dt>
        <dd>{run.tidegate_lane}</dd>
        <dt>Version</dt>
        <dd>v{version}; retries run the code it started with</dd>
      </dl>
    </div>
  );
}
