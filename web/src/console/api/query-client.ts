import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

import { isApiError } from './api-error.ts';

const MOST_WAIT_MS = 10_000;

/**
 * Data stays fresh until an event says otherwise (see live/), so nothing is asked twice. What could not be asked
 * keeps its last answer and tries again; what was refused is not asked again.
 */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: Error) => {
    if (isApiError(error) && error.isSignedOut) onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: Infinity,
        gcTime: 10 * 60_000,
        networkMode: 'always',
        retry: (failures, error) => isApiError(error) && error.isUnreachable && failures < 2,
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, MOST_WAIT_MS),
        // An API that is away is asked again until it is back; everything else waits for an event.
        refetchInterval: ({ state }) =>
          isApiError(state.error) && state.error.isUnreachable ? 4_000 : false,
      },
      mutations: { networkMode: 'always' },
    },
  });
}
