/** The scorecards of a blueprint. */
import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Scorecard } from '@/api/types';

export function scorecardsQuery(blueprint: string) {
  return queryOptions({
    queryKey: ['scorecards', blueprint],
    queryFn: async ({ signal }): Promise<Scorecard[]> => {
      const path = `v1/blueprints/${encodeURIComponent(blueprint)}/scorecards`;
      return (await api.get<{ scorecards: Scorecard[] }>(path, { signal })).scorecards;
    },
  });
}
