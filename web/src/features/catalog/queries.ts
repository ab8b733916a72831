/** Blueprints: all, and one. */
import { useMemo } from 'react';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Blueprint } from '@/api/types';

/** Whether a blueprint is one of those that are always there. */
export function isSystem(blueprint: Blueprint): boolean {
  return ['_user', '_team', '_scorecard', '_rule', '_rule_result'].includes(blueprint.identifier);
}

export const blueprintsQuery = queryOptions({
  queryKey: ['blueprints'],
  queryFn: async ({ signal }): Promise<Blueprint[]> => {
    const { blueprints } = await api.get<{ blueprints: Blueprint[] }>('v1/blueprints', { signal });
    // What the organization made comes before people, teams and the rest that is always there.
    const byTitle = (a: Blueprint, b: Blueprint) => (a.title || a.identifier).localeCompare(b.title || b.identifier);
    return blueprints.sort((a, b) => Number(isSystem(a)) - Number(isSystem(b)) || byTitle(a, b));
  },
});

/** All blueprints by identifier; none while they are not there. */
export function useBlueprints(): ReadonlyMap<string, Blueprint> {
  const { data } = useQuery(blueprintsQuery);
  return useMemo(() => new Map((data ?? []).map((blueprint) => [blueprint.identifier, blueprint])), [data]);
}

export function blueprintQuery(identifier: string) {
  return queryOptions({
    queryKey: ['blueprint', identifier],
    queryFn: async ({ signal }): Promise<Blueprint> => {
      const path = `v1/blueprints/${encodeURIComponent(identifier)}`;
      return (await api.get<{ blueprint: Blueprint }>(path, { signal })).blueprint;
    },
  });
}
