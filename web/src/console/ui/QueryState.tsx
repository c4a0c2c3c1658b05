import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { isApiError } from '../api/api-error.ts';
import { Button, buttonClass } from './Button.tsx';
import styles from './QueryState.module.css';

interface Query<Data> {
  readonly data: Data | undefined;
  readonly error: Error | null;
  readonly isFetching: boolean;
  readonly refetch: () => unknown;
}

interface Props<Data> {
  readonly query: Query<Data>;
  /** What was asked for, as the subject of a sentence: `run x of orders`. */
  readonly what: string;
  readonly children: (data: Data) => ReactNode;
}

/** Shows data whenever there is some, however old; else what stands in its way and what to do. */
export function QueryState<Data>({ query, what, children }: Props<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error === null) return <Loading />;
  return <Problem error={query.error} what={what} onRetry={() => void query.refetch()} />;
}

/** A thin line, and only when it takes longer than 400 ms. */
export function Loading() {
  return (
    <div className={styles.loading} role="progressbar" aria-label="Loading">
      <i />
    </div>
  );
}

interface ProblemProps {
  readonly error: Error;
  readonly what: string;
  readonly onRetry: () => void;
}

function Problem({ error, what, onRetry }: ProblemProps) {
  const { title, text } = describe(error, what);
  return (
    <section className={styles.problem} role="alert">
      <div>
        <h1 className={styles.title}>{title}</h1>
        <p className={styles.text}>{text}</p>
      </div>
      <div className={styles.actions}>
        <Button onClick={onRetry}>Try again</Button>
        <Link to="/dags" className={buttonClass('ghost')}>
          All DAGs
        </Link>
      </div>
    </section>
  );
}

function describe(error: Error, what: string): { readonly title: string; readonly text: string } {
  if (!isApiError(error)) return { title: `${what} could not be shown`, text: error.message };
  if (error.isMissing) {
    return {
      title: `There is no ${what}`,
      text: `${error.message}. It may have been deleted, or the link may be cut short.`,
    };
  }
  if (error.isForbidden) return { title: `You may not see ${what}`, text: sentence(error.message) };
  if (error.isUnreachable) {
    return {
      title: 'The API does not answer',
      text: `${sentence(error.message)} It is asked again every few seconds.`,
    };
  }
  return { title: `${what} could not be loaded`, text: sentence(error.message) };
}

/** With a capital and a full stop. */
function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
