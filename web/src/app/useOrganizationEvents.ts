/**
 * Listens to the organization's stream and renews the queries a change touches. Bursts are
 * gathered, so that a thousand changes cost one round of refetching per kind.
 */
import { useEffect } from 'react';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { openStream } from '@/api/stream';
import { sessionQuery } from '@/features/session/queries';
import { connectionNow, setConnection } from './connection';

interface Notice {
  resourceType?: string;
  context?: { blueprint?: string; entity?: string; runId?: string };
}

const GATHER_MS = 400;
/** Mirrors, aggregations and titles follow changes elsewhere in the catalog; a table need not jump with each of them. */
const GATHER_DERIVED_MS = 2500;

/** The query keys that a change of this resource makes old. */
export function keysFor(notice: Notice): string[][] {
  const { blueprint, entity, runId } = notice.context ?? {};
  const keys = [['audit']];
  switch (notice.resourceType) {
    case 'run':
      keys.push(['runs'], runId ? ['run', runId] : ['run']);
      break;
    case 'entity':
      keys.push(blueprint ? ['entities', blueprint] : ['entities']);
      if (blueprint && entity) keys.push(['entity', blueprint, entity]);
      // Teams are entities, and are changed as such.
      if (blueprint === '_team') keys.push(['teams']);
      break;
    case 'blueprint':
      keys.push(['blueprints'], ['blueprint'], ['entities'], ['entity'], ['scorecards']);
      break;
    case 'scorecard':
      keys.push(['scorecards'], ['entities'], ['entity']);
      break;
    case 'user':
      keys.push(['people']);
      break;
    case 'action':
      keys.push(['actions']);
      break;
  }
  return keys;
}

/** The query keys whose values may be derived from the changed resource, wherever they stand. */
export function derivedKeysFor(notice: Notice): string[][] {
  return notice.resourceType === 'entity' ? [['entities'], ['entity']] : [];
}

export function useOrganizationEvents(): void {
  const client = useQueryClient();
  useEffect(() => {
    const gathered = gatherInvalidations(client, GATHER_MS);
    const derived = gatherInvalidations(client, GATHER_DERIVED_MS);
    const renewAll = () => void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
    const close = openStream('v1/events', {
      onOpen: () => {
        // After a gap nothing on the page is certain any more.
        if (connectionNow() === 'lost' || connectionNow() === 'down') renewAll();
        setConnection('live');
      },
      onLost: () => {
        if (connectionNow() !== 'down') setConnection('lost');
        // Asking tells a dropped stream from a silent server, and an ended session from both.
        void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      },
      events: {
        ready: () => setConnection('live'),
        resync: renewAll,
        audit: (data) => {
          gathered.add(keysFor(data as Notice));
          derived.add(derivedKeysFor(data as Notice));
        },
      },
    });
    return () => {
      close();
      gathered.stop();
      derived.stop();
    };
  }, [client]);
}

function gatherInvalidations(client: QueryClient, milliseconds: number) {
  const waiting = new Map<string, string[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    const keys = [...waiting.values()];
    waiting.clear();
    for (const queryKey of keys) void client.invalidateQueries({ queryKey });
  };
  return {
    add(keys: string[][]) {
      for (const key of keys) waiting.set(JSON.stringify(key), key);
      if (waiting.size > 0) timer ??= setTimeout(flush, milliseconds);
    },
    stop: () => clearTimeout(timer),
  };
}
