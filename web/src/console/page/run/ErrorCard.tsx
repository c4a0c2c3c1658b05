import type { UiFailure, UiRun, UiTryError } from '../../../contract/ui-run.ts';
import { formatOf } from '../../format/number.ts';
import { StateGlyph } from '../../state/StateGlyph.tsx';
import { toFrames } from './stack-frames.ts';
import styles from './Failure.module.css';

interface Props {
  readonly page: UiRun;
  readonly failure: UiFailure;
}

/** The message as it was thrown, where in our code, and what it means for the data. */
export function ErrorCard({ page, failure }: Props) {
  const { error } = failure;
  const where = [error?.name, error?.code].filter((text) => text != null && text !== 'Error');
  const place =
    failure.task_id === null ? [] : [`in ${failure.task_id}, try ${failure.try_number}`];
  return (
    <article className={styles.card}>
      <header>
        <StateGlyph state="failed" size={14} />
        <div>
          <h2>{error?.message ?? page.run.tidegate_reason ?? failure.sentence}</h2>
          <p>{[...new Set([...where, ...place])].join(', ')}</p>
        </div>
      </header>
      {error?.stack != null && <Frames error={error} />}
      <dl>
        <dt>Effect</dt>
        <dd>
          {effectOf(page)} <strong>A retry is safe.</strong>
        </dd>
        {failure.not_run.length > 0 && (
          <>
            <dt>Not run</dt>
            <dd>{listOf(failure.not_run)}</dd>
          </>
        )}
        {failure.also_failed.length > 0 && (
          <>
            <dt>Also failed</dt>
            <dd>{listOf(failure.also_failed)}</dd>
          </>
        )}
      </dl>
    </article>
  );
}

function Frames({ error }: { readonly error: UiTryError }) {
  const { own, hidden } = toFrames(error.stack ?? '');
  if (own.length === 0 && hidden === 0) return null;
  return (
    <details className={styles.frames}>
      <summary>
        {own.slice(0, 3).map(({ place, name }) => (
          <span key={place}>
            <code>{place}</code> {name}
          </span>
        ))}
        <small>whole stack</small>
      </summary>
      <pre>{error.stack}</pre>
    </details>
  );
}

/** What a load commits it commits with its ledger row, so a task that failed left nothing half done. */
function effectOf({ run }: UiRun): string {
  if (run.tidegate_ranges.length === 0) return 'The output of a failed try is not kept.';
  return `The range of ${formatOf(run.tidegate_records, 'record')} stays this run's own; each load is applied once or not at all.`;
}

function listOf(taskIds: readonly string[]): string {
  const shown = taskIds.slice(0, 8).join(', ');
  return taskIds.length > 8 ? `${shown} and ${formatOf(taskIds.length - 8, 'other')}` : shown;
}
