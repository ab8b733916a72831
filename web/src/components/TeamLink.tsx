/** A team as a link to its entity, under its title where that is known. */
import { useQuery } from '@tanstack/react-query';
import { EntityLink } from './EntityLink';
import { teamsQuery } from './people';

export function TeamLink({ team }: { team: string }) {
  const title = useQuery(teamsQuery).data?.get(team);
  return <EntityLink blueprint="_team" identifier={team} title={title} />;
}
