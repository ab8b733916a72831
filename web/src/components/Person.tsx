/** Who did something: "You" for oneself, else the name the API gives. */
import { useUser } from '@/features/session/queries';

export function Person({ id }: { id: string }) {
  const user = useUser();
  if (id === user.id) return <span title={user.email}>You</span>;
  return <span style={{ overflowWrap: 'anywhere' }}>{id}</span>;
}
