/**
 * Follows one run: keeps the cached run current and gathers its log. Frames are applied once per
 * animation frame, so a chatty backend does not re-render the page per line.
 */
import { useEffect, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { openStream } from '@/api/stream';
import type { Run, RunLog } from '@/api/types';
import { LogModel } from './model';

export interface RunStream {
  log: LogModel;
  /** Grows with every change of the log, so that readers of the model render again. */
  version: number;
  state: 'connecting' | 'live' | 'lost' | 'ended';
}

export function useRunStream(runId: string): RunStream {
  const client = useQueryClient();
  const [log, setLog] = useState(() => new LogModel());
  const [version, setVersion] = useState(0);
  const [state, setState] = useState<RunStream['state']>('connecting');

  useEffect(() => {
    const model = new LogModel();
    setLog(model);
    setState('connecting');
    let waiting: RunLog[] = [];
    let frame: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      frame = undefined;
      if (model.append(waiting)) setVersion((current) => current + 1);
      waiting = [];
    };
    const close = openStream(`v1/actions/runs/${encodeURIComponent(runId)}/events`, {
      onOpen: () => setState('live'),
      onLost: () => setState((current) => (current === 'ended' ? current : 'lost')),
      events: {
        run: (data) => client.setQueryData(['run', runId], data as Run),
        log: (data, id) => {
          const entry = data as RunLog;
          waiting.push({ ...entry, seq: entry.seq ?? Number(id) });
          // A timer rather than an animation frame, because those pause in hidden tabs.
          frame ??= setTimeout(flush, 40);
        },
        end: (data) => {
          clearTimeout(frame);
          flush();
          model.end((data as { seq: number }).seq);
          setState('ended');
          setVersion((current) => current + 1);
          close();
          for (const key of ['audit', 'deliveries', 'runs']) void client.invalidateQueries({ queryKey: [key] });
        },
      },
    });
    return () => {
      close();
      clearTimeout(frame);
    };
  }, [client, runId]);

  return { log, version, state };
}
