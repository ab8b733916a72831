/** Blueprints: all, and one. */
import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Blueprint } from '@/api/types';

export const blueprintsQuery = queryOptions({
  queryKey: ['blueprints'],
  queryFn: async ({ signal }): Promise<Blueprint[]> => {
    const { blueprints } = await api.get<{ blueprints: Blueprint[] }>('v1/blueprints', { signal });
    return blueprints.sort((a, b) => (a.title || a.identifier).localeCompare(b.title || b.identifier));
  },
});

export function blueprintQuery(identifier: string) {
  return queryOptions({
    queryKey: ['blueprint', identifier],
    queryFn: async ({ signal }): Promise<Blueprint> => {
      const path = `v1/blueprints/${encodeURIComponent(identifier)}`;
      return (await api.get<{ blueprint: Blueprint }>(path, { signal })).blueprint;
    },
  });
}
