import type { UiHome } from '../../../contract/ui-home.ts';
import { useDagList, useHome, useStreams } from '../../api/reads.ts';
import columns from '../../ui/Columns.module.css';
import { Foot } from '../../ui/Foot.tsx';
import { QueryState } from '../../ui/QueryState.tsx';
import { usePageTitle } from '../../ui/use-page-title.ts';
import { Counts } from './Counts.tsx';
import styles from './Home.module.css';
import { HomeSay } from './HomeSay.tsx';
import { NeedsYou } from './NeedsYou.tsx';
import { NextRuns } from './NextRuns.tsx';
import { Pools } from './Pools.tsx';
import { RunTimeline } from './RunTimeline.tsx';
import { StreamLags } from './StreamLags.tsx';
import { Workers } from './Workers.tsx';

/** Is everything all right? */
export function Home() {
  usePageTitle('Home');
  const query = useHome();
  return (
    <QueryState query={query} what="the overview">
      {(home) => <Overview home={home} />}
    </QueryState>
  );
}

function Overview({ home }: { readonly home: UiHome }) {
  const { data: list } = useDagList({});
  const { data: streams } = useStreams();
  const dags = list?.pages.flatMap((page) => page.dags) ?? [];
  const lags = streams?.streams ?? [];
  return (
    <>
      <HomeSay home={home} streams={lags} />
      <Counts home={home} streams={lags} />
      <div className={`${columns.columns} ${styles.columns}`}>
        <div className={columns.column}>
          <NeedsYou home={home} streams={lags} />
          <RunTimeline dags={dags} nowMs={home.now} />
          <StreamLags streams={lags} />
        </div>
        <div className={columns.column}>
          <Pools home={home} />
          <Workers home={home} />
          <NextRuns dags={dags} />
        </div>
      </div>
      <Foot keys={['g s', 'g d', 'g r', 'mod+k', '?']} />
    </>
  );
}
