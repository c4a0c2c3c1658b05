import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';

import type { LogMessage } from '../../../contract/task-instances.ts';
import { formatOf } from '../../format/number.ts';
import { shortRun } from '../../frame/crumbs.ts';
import { Loading } from '../../ui/QueryState.tsx';
import styles from './Compare.module.css';
import { type ComparedTry, compareTries } from './compared-try.ts';
import { diffLines } from './diff-lines.ts';
import type { RunView } from './run-view.ts';
import { type CompareWith, MOST_COMPARED, type Side, useComparison } from './use-compared-try.ts';
import type { UiRun } from '../../../contract/ui-run.ts';

const MOST_SHOWN = 200;

interface Props {
  readonly page: UiRun;
  readonly task: NonNullable<RunView['task']>;
  readonly tried: NonNullable<RunView['shownTry']>;
  readonly compareWith: CompareWith;
}

/** Two tries side by side: the facts, those that differ in bold, and the lines only one log has. */
export function Compare({ page, task, tried, compareWith }: Props) {
  const { data, error } = useComparison({ page, task, tried }, compareWith);
  if (error !== null) {
    return (
      <p className={styles.error} role="alert">
        {error.message}
      </p>
    );
  }
  if (data === undefined) return <Loading />;
  if (data === null) {
    return (
      <p className={styles.none}>
        {compareWith === 'success'
          ? `${task.task_id} has not succeeded in a run before this one.`
          : 'There is no such try of this task.'}
      </p>
    );
  }
  return (
    <section aria-label="Comparison" className={styles.compare}>
      <Facts before={data.before} after={data.after} />
      <Lines before={data.before} after={data.after} />
    </section>
  );
}

interface Sides {
  readonly before: Side;
  readonly after: Side;
}

function Facts({ before, after }: Sides) {
  const facts = compareTries(before, after);
  return (
    <div className={styles.scroll}>
      <table className={styles.facts}>
        <thead>
          <tr>
            <th scope="col">
              <span className="srOnly">Fact</span>
            </th>
            <th scope="col">
              <Name side={before} other={after} />
            </th>
            <th scope="col">
              <Name side={after} other={before} />
            </th>
          </tr>
        </thead>
        <tbody>
          {facts.map((fact) => (
            <tr key={fact.name} data-differs={fact.differs}>
              <th scope="row">{fact.name}</th>
              <td>{fact.before}</td>
              <td>{fact.after}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Name({ side, other }: { readonly side: ComparedTry; readonly other: ComparedTry }) {
  const { run } = side.page;
  const tryName = `try ${side.tried.try_number}`;
  if (run.dag_run_id === other.page.run.dag_run_id) return tryName;
  return (
    <Link
      to="/dags/$dagId/runs/$runId"
      params={{ dagId: run.dag_id, runId: run.dag_run_id }}
      search={{ tab: 'logs', task: side.task.task_id, try: side.tried.try_number }}
      title={run.dag_run_id}
    >
      {shortRun(run.dag_run_id)}, {tryName}
    </Link>
  );
}

function Lines({ before, after }: Sides) {
  const changes = useMemo(
    () => diffLines(before.lines.map(toText), after.lines.map(toText)),
    [before, after],
  );
  const isCut = before.isCut || after.isCut;
  return (
    <div>
      <p className={styles.count} role="status">
        {changes.length === 0
          ? 'Both logs say the same, instants and random ids aside'
          : `${formatOf(changes.length, 'line is', 'lines are')} in one log only, instants and random ids aside`}
        {isCut && `; the first ${formatOf(MOST_COMPARED, 'line')} of each were compared`}
      </p>
      {changes.length > 0 && (
        <ol className={styles.lines} tabIndex={0} aria-label="Lines in one log only">
          {changes.slice(0, MOST_SHOWN).map(({ kind, index }) => {
            const line = (kind === 'removed' ? before : after).lines[index];
            if (line === undefined) return null;
            return (
              <li key={`${kind} ${index}`} data-kind={kind} data-level={line.level}>
                <span className={styles.sign}>
                  <span aria-hidden="true">{kind === 'removed' ? '−' : '+'}</span>
                  <span className="srOnly">{kind === 'removed' ? 'only before' : 'only now'}</span>
                </span>
                <span className={styles.number}>{index + 1}</span>
                <span className={styles.text}>{toText(line)}</span>
              </li>
            );
          })}
        </ol>
      )}
      {changes.length > MOST_SHOWN && (
        <p className={styles.count}>and {formatOf(changes.length - MOST_SHOWN, 'more', 'more')}</p>
      )}
    </div>
  );
}

/** A line as it is compared and shown; a stack stands in the log below. */
function toText({ level, event, fields }: LogMessage): string {
  const told = Object.entries(fields ?? {}).filter(([name]) => name !== 'stack');
  const rest = told.map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [level, event, ...rest].join(' ');
}
