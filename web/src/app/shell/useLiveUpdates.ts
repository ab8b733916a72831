/**
 * Follows the organization's stream while someone is signed in: an audit event makes the lists it
 * touches stale. Events are gathered for a moment, so a burst costs one refetch.
 */
import { useEffect } from 'react';
import { type QueryClient, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { api } from '@/api/client';
import { isSignedOut, NetworkError } from '@/api/errors';
import { openStream } from '@/api/stream';
import { sessionQuery } from '@/features/session/queries';
import { connectionNow, setConnection } from '../connection';

export interface AuditNotice {
  resourceType: string;
  action?: string;
  status?: string;
  context?: { blueprint?: string | null; entity?: string | null; runId?: string | null; action?: string | null };
  at?: string;
}

const GATHER_MS = 400;

/** The cached lists and objects that an event makes stale. */
export function staleKeys(notice: AuditNotice): QueryKey[] {
  const { blueprint, entity, runId } = notice.context ?? {};
  const keys: QueryKey[] = [['audit']];
  switch (notice.resourceType) {
    case 'run':
      keys.push(['runs']);
      if (runId) keys.push(['run', runId], ['deliveries', runId]);
      break;
    case 'entity':
      if (blueprint) keys.push(['entities', blueprint]);
      if (blueprint && entity) keys.push(['entity', blueprint, entity]);
      break;
    case 'action':
      keys.push(['actions']);
      break;
    case 'blueprint':
      keys.push(['blueprints']);
      break;
  }
  return keys;
}

export function useLiveUpdates(): void {
  const client = useQueryClient();
  useEffect(() => {
    const pending = new Map<string, QueryKey>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      for (const queryKey of pending.values()) void client.invalidateQueries({ queryKey });
      pending.clear();
    };
    const close = openStream('v1/events', {
      events: {
        audit: (data) => {
          for (const key of staleKeys(data as AuditNotice)) pending.set(JSON.stringify(key), key);
          timer ??= setTimeout(flush, GATHER_MS);
        },
      },
      onOpen: () => {
        const missedSomething = ['lost', 'down'].includes(connectionNow());
        setConnection('live');
        if (missedSomething) void client.invalidateQueries();
      },
      onLost: () => {
        if (connectionNow() !== 'down') setConnection('lost');
        void probe(client);
      },
    });
    return () => {
      close();
      clearTimeout(timer);
      setConnection('connecting');
    };
  }, [client]);
}

/** Tells a silent server from a dropped stream, and an ended session from both. */
async function probe(client: QueryClient): Promise<void> {
  try {
    await api.get('v1/auth/session');
    if (connectionNow() === 'down') setConnection('lost');
  } catch (error) {
    if (error instanceof NetworkError) setConnection('down');
    else if (isSignedOut(error)) await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
  }
}
