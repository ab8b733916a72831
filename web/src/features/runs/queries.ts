/** Runs: one, the latest of a user, and pages of the history; deliveries of a run. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Delivery, Run } from '@/api/types';

const V2 = { version: 'v2' };

export function runQuery(id: string) {
  return queryOptions({
    queryKey: ['run', id],
    queryFn: async ({ signal }): Promise<Run> =>
      (await api.get<{ run: Run }>(`v1/actions/runs/${encodeURIComponent(id)}`, { query: V2, signal })).run,
  });
}

export interface RunFilters {
  status?: string;
  action?: string;
  blueprint?: string;
  entity?: string;
  source?: string;
  user?: string;
  active?: string;
}

interface RunPage {
  runs: Run[];
  next?: string;
}

const PAGE = 50;

/** Pages of runs, newest first; a page may be short or empty while there is a next one. */
export function runsQuery(filters: RunFilters) {
  const { user, ...rest } = filters;
  return infiniteQueryOptions({
    queryKey: ['runs', 'pages', filters],
    queryFn: ({ pageParam, signal }) =>
      api.get<RunPage>('v1/actions/runs', {
        query: { ...V2, ...rest, user_email: user, limit: PAGE, from: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

/** The last runs that the user started. */
export function latestRunsQuery(email: string) {
  return queryOptions({
    queryKey: ['runs', 'latest', email],
    queryFn: async ({ signal }): Promise<Run[]> => {
      const query = { ...V2, user_email: email, limit: 8, exclude: ['payload', 'response'] };
      return (await api.get<RunPage>('v1/actions/runs', { query, signal })).runs;
    },
    enabled: email !== '',
  });
}

/** How the stream of a run stands. */
export type StreamState = 'connecting' | 'live' | 'lost' | 'ended';

/**
 * The deliveries of a run. The run's stream tells of each attempt, so they are asked for only at first, and while the stream
 * does not tell.
 */
export function deliveriesQuery(runId: string, stream: StreamState) {
  const told = stream === 'connecting' || stream === 'live';
  return queryOptions({
    queryKey: ['deliveries', runId],
    staleTime: told ? Infinity : 0,
    queryFn: async ({ signal }): Promise<Delivery[]> => {
      const path = `v1/actions/runs/${encodeURIComponent(runId)}/deliveries`;
      return (await api.get<{ deliveries: Delivery[] }>(path, { signal })).deliveries;
    },
    refetchInterval: ({ state }) => askAgainAfter(stream, state.data ?? [], Date.now()),
  });
}

const ASK_AGAIN_MS = 4000;
/** Longer than an attempt takes, unless the operator has allowed more. */
const ATTEMPT_MS = 60_000;

/** After how long the deliveries are asked for again; `false` if nothing new can have come that the stream has not told. */
export function askAgainAfter(stream: StreamState, deliveries: Delivery[], now: number): number | false {
  if (stream === 'lost') return ASK_AGAIN_MS;
  if (stream !== 'ended') return false;
  // A backend may end the run before it answers. The attempt is then recorded after the stream has closed.
  const mayCome = deliveries.some(({ state, updatedAt }) => state === 'CANCELLED' && now - Date.parse(updatedAt) < ATTEMPT_MS);
  return mayCome ? ASK_AGAIN_MS : false;
}

/** Whether nothing more will happen to the run. */
export function isOver(run: Pick<Run, 'status'>): boolean {
  return ['SUCCESS', 'FAILURE', 'DECLINED'].includes(run.status);
}
