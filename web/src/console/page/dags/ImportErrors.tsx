import { useState } from 'react';

import type { ImportErrorResponse } from '../../../contract/import-errors.ts';
import { useImportErrors } from '../../api/reads.ts';
import { formatOf } from '../../format/number.ts';
import { toMs } from '../../format/time.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Moment } from '../../ui/Moment.tsx';
import styles from './ImportErrors.module.css';

/** DAG files that could not be registered, each with its place and code frame. */
export function ImportErrors() {
  const { data } = useImportErrors();
  const [isOpen, setOpen] = useState(false);
  const errors = data?.import_errors ?? [];
  const [first] = errors;
  if (first === undefined) return null;
  return (
    <section className={styles.banner} aria-label="Import errors">
      <div className={styles.head}>
        <Icon name="warning" />
        <p>
          <strong>
            {errors.length === 1
              ? `${placeOf(first)} could not be registered.`
              : `${formatOf(errors.length, 'DAG file')} could not be registered.`}
          </strong>{' '}
          Last good versions keep running.
        </p>
        <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide' : 'Show the code'}
        </Button>
      </div>
      {isOpen && (
        <ul className={styles.errors}>
          {errors.map((error) => (
            <li key={error.import_error_id}>
              <p>
                <code>{placeOf(error)}</code> {error.tidegate_message}{' '}
                <span className={styles.at}>
                  <Moment atMs={toMs(error.timestamp)} />
                </span>
              </p>
              <pre>{error.tidegate_code_frame ?? error.stack_trace}</pre>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function placeOf({ filename, tidegate_line: line }: ImportErrorResponse): string {
  return line === null ? filename : `${filename} line ${line}`;
}
