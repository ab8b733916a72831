/** Who did something: "You" for oneself, the name of another person, and for a machine the id the API gives. */
import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { displayName, useUser } from '@/features/session/queries';
import { peopleQuery } from './people';

export function Person({ id }: { id: string }) {
  const user = useUser();
  // While the names are not there, or cannot be had, the id says who it was.
  const person = useQuery(peopleQuery).data?.get(id);
  if (id === user.id) return <span title={user.email}>You</span>;
  if (person) return <span title={person.email}>{displayName(person)}</span>;
  return <span style={{ overflowWrap: 'anywhere' }}>{id}</span>;
}

/** The name of the person with this address, as a link to write to them. */
export function PersonByEmail({ email }: { email: string }) {
  const people = useQuery(peopleQuery).data;
  const person = people && [...people.values()].find((each) => each.email === email);
  if (!email.includes('@')) return <>{email}</>;
  return (
    <Anchor href={`mailto:${email}`} inherit title={email} style={{ overflowWrap: 'anywhere' }}>
      {person ? displayName(person) : email}
    </Anchor>
  );
}
