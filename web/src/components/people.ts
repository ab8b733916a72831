/** The people of the organization by id, for showing names where the API gives ids. */
import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';

export interface Known {
  id: string;
  email: string;
  firstName: string;
  lastName: string;
}

export const peopleQuery = queryOptions({
  queryKey: ['people'],
  // Names change seldom, and a name of a minute ago does no harm.
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<Map<string, Known>> => {
    const fields = ['id', 'email', 'firstName', 'lastName'];
    const { users } = await api.get<{ users: Known[] }>('v1/users', { query: { fields }, signal });
    return new Map(users.map((user) => [user.id, user]));
  },
});
