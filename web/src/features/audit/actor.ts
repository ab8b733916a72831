/** Who did something, in a few words. */
import type { Actor } from '@/api/types';

export function actorOf(actor: Actor | undefined): string {
  if (!actor) return 'Unknown';
  const { user } = actor;
  const name = [user?.firstName, user?.lastName].filter(Boolean).join(' ');
  if (user?.email) return name ? `${name} (${user.email})` : user.email;
  if (name) return name;
  return actor.userId ?? (actor.byPort ? 'Larboard' : 'Unknown');
}
