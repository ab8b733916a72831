/**
 * Whether the portal still hears from the server: one small store that the organization stream
 * and failed requests write and the banner reads.
 */
import { useSyncExternalStore } from 'react';

/** `connecting` before the first answer, `live`, `lost` (stream only), `down` (no answer at all). */
export type Connection = 'connecting' | 'live' | 'lost' | 'down';

let current: Connection = 'connecting';
const listeners = new Set<() => void>();

export function setConnection(next: Connection): void {
  if (next === current) return;
  current = next;
  for (const notify of listeners) notify();
}

export function connectionNow(): Connection {
  return current;
}

/** Calls the listener after every change; the returned function ends that. */
export function onConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useConnection(): Connection {
  return useSyncExternalStore(onConnection, connectionNow);
}
