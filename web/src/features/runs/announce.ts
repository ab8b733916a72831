/** A tap on the shoulder of "My latest runs": a run has just been started in this tab. */
const listeners = new Set<() => void>();

export function announceRun(): void {
  for (const listener of listeners) listener();
}

export function onRunAnnounced(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
