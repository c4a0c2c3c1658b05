import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import type { SessionResponse } from '../../contract/auth.ts';
import { callApi } from './call-api.ts';

export const SESSION_KEY = ['session'] as const;

/** Who the browser's cookie says you are. */
export function useSession() {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: ({ signal }) => callApi<SessionResponse>('/auth/session', { signal }),
    staleTime: 60_000,
  });
}

/**
 * Whether one's role may change runs and DAGs, which is what every verb of the console does. False until it is known:
 * a verb that would be refused is never offered. The server decides; this only spares the question.
 */
export function useMayChange(): boolean {
  const { data: session } = useSession();
  return session !== undefined && session.role !== 'viewer';
}

/** Signs in; the session lives in a cookie no script can read. */
export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { readonly username: string; readonly password: string }) =>
      callApi<SessionResponse>('/auth/session', { method: 'POST', body }),
    onSuccess: (session) => {
      client.clear();
      client.setQueryData(SESSION_KEY, session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => callApi<null>('/auth/session', { method: 'DELETE' }),
    onSuccess: () => {
      client.clear();
      location.assign('/sign-in');
    },
  });
}
