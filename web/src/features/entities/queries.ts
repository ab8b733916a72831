/** Entities of a blueprint, and one of them. */
import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Entity } from '@/api/types';

function entitiesPath(blueprint: string): string {
  return `v1/blueprints/${encodeURIComponent(blueprint)}/entities`;
}

/** Every entity of the blueprint, by title. */
export function entitiesQuery(blueprint: string) {
  return queryOptions({
    queryKey: ['entities', blueprint],
    queryFn: async ({ signal }): Promise<Entity[]> => {
      const { entities } = await api.get<{ entities: Entity[] }>(entitiesPath(blueprint), { signal });
      return entities.sort((a, b) => entityTitle(a).localeCompare(entityTitle(b)));
    },
    enabled: blueprint !== '',
  });
}

export function entityQuery(blueprint: string, identifier: string) {
  return queryOptions({
    queryKey: ['entity', blueprint, identifier],
    queryFn: async ({ signal }): Promise<Entity> => {
      const path = `${entitiesPath(blueprint)}/${encodeURIComponent(identifier)}`;
      return (await api.get<{ entity: Entity }>(path, { signal })).entity;
    },
  });
}

export function entityTitle(entity: Pick<Entity, 'identifier' | 'title'>): string {
  return entity.title || entity.identifier;
}
