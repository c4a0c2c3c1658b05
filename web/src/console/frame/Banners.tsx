import { useHome } from '../api/reads.ts';
import { isApiError } from '../api/api-error.ts';
import { Moment } from '../ui/Moment.tsx';
import { toMs } from '../format/time.ts';
import { useConnection } from '../live/connection.ts';
import { Icon } from '../ui/Icon.tsx';
import styles from './Banners.module.css';

/** What concerns every page: the API is away, or nothing is being scheduled. */
export function Banners() {
  const { data, error, dataUpdatedAt } = useHome();
  const { state } = useConnection();
  const isAway = state === 'offline' || (isApiError(error) && error.isUnreachable);
  if (isAway) {
    return (
      <p className={styles.banner} role="alert">
        <Icon name="warning" />
        <span>
          <strong>The API does not answer.</strong>{' '}
          {dataUpdatedAt > 0 ? (
            <>
              What shows is <Moment atMs={dataUpdatedAt} show="ago" />; it is asked again every few
              seconds.
            </>
          ) : (
            'It is asked again every few seconds.'
          )}
        </span>
      </p>
    );
  }
  if (data?.scheduler.is_alive !== false) return null;
  return (
    <p className={styles.banner} role="alert">
      <Icon name="warning" />
      <span>
        <strong>No scheduler is running: nothing new starts.</strong> Its last sign of life:{' '}
        <Moment atMs={toMs(data.scheduler.heartbeat_at)} />.
      </span>
    </p>
  );
}
