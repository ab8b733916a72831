/**
 * A server-sent event stream that comes back by itself. The browser's own EventSource reconnects
 * after a dropped connection but gives up after an error status, as a restarting proxy sends it;
 * this opens a new one then, with growing pauses.
 */
import { apiUrl } from './basePath';

export interface StreamHandlers {
  /** By event name; `id` is the frame's id, empty if it had none. */
  events: Record<string, (data: unknown, id: string) => void>;
  onOpen?: () => void;
  onLost?: () => void;
}

const PAUSES_MS = [500, 1000, 2000, 4000, 8000];

/** Opens the stream; the returned function closes it for good. */
export function openStream(path: string, handlers: StreamHandlers): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;

  const connect = () => {
    if (closed) return;
    source = new EventSource(apiUrl(path), { withCredentials: true });
    source.onopen = () => {
      failures = 0;
      handlers.onOpen?.();
    };
    source.onerror = () => {
      if (closed) return;
      handlers.onLost?.();
      if (source?.readyState !== EventSource.CLOSED) return;
      source.close();
      const pause = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)];
      failures += 1;
      timer = setTimeout(connect, pause);
    };
    for (const [name, handle] of Object.entries(handlers.events)) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        const data = parse(event.data);
        if (data !== undefined && !closed) handle(data, event.lastEventId);
      });
    }
  };

  connect();
  return () => {
    closed = true;
    clearTimeout(timer);
    source?.close();
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
