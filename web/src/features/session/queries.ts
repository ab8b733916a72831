/** Who is signed in: reading, beginning and ending the session. */
import { queryOptions, useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { api, setCsrfToken } from '@/api/client';
import { isSignedOut } from '@/api/errors';
import type { Session, SessionUser } from '@/api/types';

/** The session, or null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: 5 * 60_000,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      const session = await api.get<Session>('v1/auth/session', { signal });
      setCsrfToken(session.csrfToken);
      return session;
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      setCsrfToken(null);
      return null;
    }
  },
});

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { email: string; password: string }) => api.post<Session>('v1/auth/session', { body }),
    onSuccess: (session) => {
      setCsrfToken(session.csrfToken);
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.delete<unknown>('v1/auth/session'),
    onSuccess: () => {
      setCsrfToken(null);
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
      client.setQueryData(sessionQuery.queryKey, null);
    },
  });
}

/** The signed-in user; only for pages behind the sign-in. */
export function useUser(): SessionUser {
  const { data } = useSuspenseQuery(sessionQuery);
  return data?.user ?? { id: '', email: '', firstName: '', lastName: '', role: 'Member' };
}

export function displayName(user: Pick<SessionUser, 'email' | 'firstName' | 'lastName'>): string {
  const name = [user.firstName, user.lastName].filter(Boolean).join(' ');
  return name || user.email;
}

/** Two letters for a person: of both names, or the first of what there is. */
export function initials(user: Pick<SessionUser, 'email' | 'firstName' | 'lastName'>): string {
  const [first = '', last] = displayName(user).split(/\s+/);
  return (last ? first.charAt(0) + last.charAt(0) : first.slice(0, 2)).toUpperCase();
}
