/**
 * The current instant as state: one timer for the whole page, whoever watches.
 */
import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let current = Date.now();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  current = Date.now();
  timer ??= setInterval(() => {
    current = Date.now();
    for (const notify of listeners) notify();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** What is said of the current instant; drawn anew only when that changes, however many say it. */
export function useSaidNow(say: (now: number) => string): string {
  return useSyncExternalStore(subscribe, () => say(current));
}

/** Milliseconds since the epoch, renewed every second while anything shows it. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => current);
}
