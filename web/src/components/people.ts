/** The people and teams of the organization by id, for showing names where the API gives ids. */
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

/** The names of teams by identifier. */
export const teamsQuery = queryOptions({
  queryKey: ['teams'],
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<Map<string, string>> => {
    const { teams } = await api.get<{ teams: { id: string; name: string }[] }>('v1/teams', { query: { fields: ['id', 'name'] }, signal });
    return new Map(teams.map(({ id, name }) => [id, name]));
  },
});
