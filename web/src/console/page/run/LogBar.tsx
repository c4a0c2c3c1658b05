import { StateGlyph } from '../../state/StateGlyph.tsx';
import { Button, buttonClass } from '../../ui/Button.tsx';
import { SearchBox } from '../../ui/SearchBox.tsx';
import { Segments } from '../../ui/Segments.tsx';
import type { Level } from './log-filter.ts';
import type { LogsProps } from './Logs.tsx';
import styles from './Logs.module.css';
import type { LogView } from './use-log-view.ts';

interface Props {
  readonly log: LogView;
  readonly q: string;
  readonly level: Level | undefined;
  readonly isLive: boolean;
  /** Where all of it is. */
  readonly href: string;
  readonly fileName: string;
  readonly onShow: LogsProps['onShow'];
}

/** Find, level, follow, wrap, download. */
export function LogBar({ log, q, level, isLive, href, fileName, onShow }: Props) {
  const { counts, hits, hit, jump, isFollowing, setFollowing, isWrapped, setWrapped } = log;
  return (
    <div className={styles.bar}>
      <SearchBox
        label="Find in this log"
        placeholder="Find in all lines"
        value={q}
        onChange={(next) => onShow({ q: next === '' ? undefined : next })}
      />
      {q !== '' && (
        <span className={styles.hits} role="status">
          {hits.length === 0 ? 'not found' : `${hit + 1} of ${hits.length}`}
          <Button look="ghost" disabled={hits.length === 0} onClick={() => jump(1)}>
            Next
          </Button>
        </span>
      )}
      <Segments<Level | 'all'>
        label="Level"
        value={level ?? 'all'}
        onChange={(next) => onShow({ level: next === 'all' ? undefined : next })}
        segments={[
          { value: 'all', content: 'All' },
          {
            value: 'warn',
            content: `Warn ${counts.warn}`,
            label: `Warnings and errors, ${counts.warn + counts.error}`,
          },
          { value: 'error', content: `Error ${counts.error}`, label: `Errors, ${counts.error}` },
        ]}
      />
      <span className={styles.tools}>
        {isLive && (
          <Button
            look={isFollowing ? 'plain' : 'ghost'}
            aria-pressed={isFollowing}
            onClick={() => setFollowing(!isFollowing)}
          >
            <StateGlyph state="running" size={10} /> Follow
          </Button>
        )}
        <Button
          look={isWrapped ? 'plain' : 'ghost'}
          aria-pressed={isWrapped}
          onClick={() => setWrapped(!isWrapped)}
        >
          Wrap
        </Button>
        <a className={buttonClass('ghost')} href={href} download={fileName}>
          Download
        </a>
      </span>
    </div>
  );
}
