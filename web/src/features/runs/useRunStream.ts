/**
 * A run live: its stream writes every state of the run and of its deliveries into the query cache and gathers the log
 * lines. Lines come in bursts and are put on the page a few times a second, not one by one.
 */
import { useEffect, useState } from 'react';
import { type QueryClient, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { openStream } from '@/api/stream';
import type { Delivery, Run, RunLog } from '@/api/types';
import { isComplete, mergeLogs } from './logModel';
import { type StreamState, deliveriesQuery, runQuery } from './queries';

export interface RunStream {
  lines: RunLog[];
  state: StreamState;
}

const FLUSH_MS = 80;
const NOTHING: RunStream = { lines: [], state: 'connecting' };

export function useRunStream(runId: string): RunStream {
  const client = useQueryClient();
  const [stream, setStream] = useState<RunStream>(NOTHING);

  useEffect(() => {
    setStream(NOTHING);
    let lines: RunLog[] = [];
    let waiting: RunLog[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      lines = mergeLogs(lines, waiting);
      waiting = [];
      const flushed = lines;
      setStream((previous) => (previous.lines === flushed ? previous : { ...previous, lines: flushed }));
    };
    const enter = (state: StreamState) =>
      setStream((previous) => (previous.state === state ? previous : { ...previous, state }));

    const close = openStream(`v1/actions/runs/${encodeURIComponent(runId)}/events`, {
      onOpen: () => enter('live'),
      onLost: () => enter('lost'),
      events: {
        run: (data) => {
          enter('live');
          void put(client, runQuery(runId).queryKey, data as Run);
        },
        deliveries: (data) => {
          const { deliveries } = data as { deliveries: Delivery[] };
          void put(client, deliveriesQuery(runId, 'live').queryKey, deliveries);
        },
        log: (data, id) => {
          const line = data as RunLog;
          waiting.push({ ...line, seq: line.seq ?? Number(id) });
          timer ??= setTimeout(flush, FLUSH_MS);
        },
        end: (data) => {
          flush();
          // With a line missing the stream stays open: it comes back with everything.
          if (!isComplete(lines, (data as { seq: number }).seq)) return;
          enter('ended');
          close();
        },
      },
    });
    return () => {
      clearTimeout(timer);
      close();
    };
  }, [client, runId]);

  return stream;
}

/** Writes what the stream told into the cache. What was asked for before, and is not answered yet, may be older. */
async function put(client: QueryClient, queryKey: QueryKey, data: unknown): Promise<void> {
  await client.cancelQueries({ queryKey, exact: true });
  client.setQueryData(queryKey, data);
}
