import { formatClockMs } from '../../format/time.ts';
import { useZone } from '../../format/zone.ts';
import { fieldsOf, type NumberedLine } from './log-filter.ts';
import styles from './Logs.module.css';

interface LineProps {
  readonly line: NumberedLine;
  readonly found?: string;
  readonly isCurrent?: boolean;
  readonly isWrapped?: boolean;
}

/** One line: its number, its time, its level, its words and its fields. */
export function LogLine({ line, found = '', isCurrent = false, isWrapped = false }: LineProps) {
  const zone = useZone();
  const { number, message } = line;
  return (
    <div
      className={styles.line}
      data-level={message.level}
      data-current={isCurrent}
      data-wrapped={isWrapped}
    >
      <span className={styles.number}>{number}</span>
      <span className={styles.time}>{formatClockMs(Date.parse(message.timestamp), zone)}</span>
      <span className={styles.level}>{message.level}</span>
      <span className={styles.text}>
        <Marked text={isWrapped ? message.event : firstLine(message.event)} found={found} />
        {message.fields !== undefined && (
          <span className={styles.fields}>
            {' '}
            <Marked text={fieldsOf(message.fields)} found={found} />
          </span>
        )}
      </span>
    </div>
  );
}

export function LogLines({ lines }: { readonly lines: readonly NumberedLine[] }) {
  return lines.map((line) => <LogLine key={line.number} line={line} />);
}

function Marked({ text, found }: { readonly text: string; readonly found: string }) {
  if (found === '') return text;
  const parts = text.split(new RegExp(`(${escape(found)})`, 'gi'));
  return parts.map((part, index) => (index % 2 === 1 ? <mark key={index}>{part}</mark> : part));
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function firstLine(text: string): string {
  const at = text.indexOf('\n');
  return at < 0 ? text : `${text.slice(0, at)} …`;
}
