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

export function deliveriesQuery(runId: string) {
  return queryOptions({
    // Below the run's key, so that whatever renews the run renews its deliveries.
    queryKey: ['run', runId, 'deliveries'],
    queryFn: async ({ signal }): Promise<Delivery[]> => {
      const path = `v1/actions/runs/${encodeURIComponent(runId)}/deliveries`;
      return (await api.get<{ deliveries: Delivery[] }>(path, { signal })).deliveries;
    },
  });
}

/** Attempts are no audit events, so those of an open run are asked for again and again. */
export function openDeliveriesQuery(runId: string, open: boolean) {
  return { ...deliveriesQuery(runId), refetchInterval: open ? 4000 : (false as const) };
}

/** Whether nothing more will happen to the run. */
export function isOver(run: Pick<Run, 'status'>): boolean {
  return ['SUCCESS', 'FAILURE', 'DECLINED'].includes(run.status);
}
