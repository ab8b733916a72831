/** Entities of a blueprint as the server finds and orders them, page by page, and one of them. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Entity, SearchQuery } from '@/api/types';
import { spellings } from '@/features/catalog/filters';
import type { Subject } from '@/features/catalog/fields';

function entitiesPath(blueprint: string): string {
  return `v1/blueprints/${encodeURIComponent(blueprint)}/entities`;
}

export interface Order extends Subject {
  targetProperty?: '$title';
  order: 'asc' | 'desc';
}

export interface EntitiesPage {
  entities: Entity[];
  next?: string;
}

const PAGE = 50;

/** The entities that a query finds. Without an order they come by identifier, which is the cheapest for the server. */
export function entitiesQuery(blueprint: string, query: SearchQuery | undefined, order?: Order) {
  const path = `${entitiesPath(blueprint)}/${order ? 'top-search' : 'search'}`;
  return infiniteQueryOptions({
    queryKey: ['entities', blueprint, 'pages', query, order],
    queryFn: ({ pageParam, signal }) =>
      api.post<EntitiesPage>(path, {
        query: { attach_title_to_relation: true },
        body: { query, sort: order && [order], limit: PAGE, from: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

/** How many entities a query finds. */
export function entityCountQuery(blueprint: string, query: SearchQuery | undefined) {
  return queryOptions({
    queryKey: ['entities', blueprint, 'count', query],
    queryFn: async ({ signal }): Promise<number> =>
      (await api.post<{ count: number }>(`${entitiesPath(blueprint)}/search/count`, { body: { query }, signal })).count,
    placeholderData: keepPreviousData,
  });
}

/** How many of a relation stand on an entity's page at first. */
export const FEW = 8;

/** The first few entities that a query finds, by title, with no more than their names. */
export function firstEntitiesQuery(blueprint: string, query: SearchQuery) {
  return queryOptions({
    queryKey: ['entities', blueprint, 'first', query],
    queryFn: async ({ signal }): Promise<Entity[]> => {
      const body = { query, sort: [BY_TITLE], include: NAMES, limit: FEW };
      return (await api.post<EntitiesPage>(`${entitiesPath(blueprint)}/top-search`, { body, signal })).entities;
    },
  });
}

const CHOICES = 50;
const BY_TITLE = { property: '$title', order: 'asc' };
const NAMES = ['$identifier', '$title'];

/** A few entities whose title or identifier contains the text, for choosing one. */
export function entityChoicesQuery(blueprint: string, text: string) {
  const value = spellings(text.trim());
  const rules = ['$title', '$identifier'].map((property) => ({ property, operator: 'contains' as const, value }));
  return queryOptions({
    queryKey: ['entities', blueprint, 'choices', text.trim()],
    queryFn: async ({ signal }): Promise<Entity[]> => {
      const query = text.trim() === '' ? undefined : { combinator: 'or', rules };
      const body = { query, sort: [BY_TITLE], include: NAMES, limit: CHOICES };
      return (await api.post<EntitiesPage>(`${entitiesPath(blueprint)}/top-search`, { body, signal })).entities;
    },
    enabled: blueprint !== '',
    placeholderData: keepPreviousData,
  });
}

/** Of each blueprint so many are asked for, so that one with many does not hide the others. */
const OF_EACH = 5;
const ANYWHERE = ['identifier', 'title', 'blueprint', 'icon'];
/** What the server makes of scorecards is found on the pages of what is judged. */
const MADE = ['_rule', '_rule_result', '_scorecard'];

/** A few entities of all blueprints whose title or identifier contains every word; those that begin with it come first. */
export function entitiesAnywhereQuery(text: string) {
  const words = text.trim().split(/\s+/).filter(Boolean);
  const rules = words.map((word) => ({
    combinator: 'or' as const,
    rules: ['$title', '$identifier'].map((property) => ({ property, operator: 'contains' as const, value: spellings(word) })),
  }));
  return queryOptions({
    queryKey: ['entities', 'anywhere', words],
    queryFn: async ({ signal }): Promise<Entity[]> => {
      const body: SearchQuery = { combinator: 'and', rules: [...rules, { property: '$blueprint', operator: 'notIn', value: MADE }] };
      const query = { include: ANYWHERE, limit_per_blueprint: OF_EACH };
      const { entities } = await api.post<EntitiesPage>('v1/entities/search', { query, body, signal });
      const begins = (entity: Entity) => Number(entityTitle(entity).toLowerCase().startsWith(words.join(' ').toLowerCase()));
      return entities.sort((a, b) => begins(b) - begins(a));
    },
    // A single letter finds everything, and says nothing.
    enabled: words.join('').length > 1,
    placeholderData: keepPreviousData,
  });
}

export function entityQuery(blueprint: string, identifier: string) {
  return queryOptions({
    queryKey: ['entity', blueprint, identifier],
    queryFn: async ({ signal }): Promise<Entity> => {
      const path = `${entitiesPath(blueprint)}/${encodeURIComponent(identifier)}`;
      return (await api.get<{ entity: Entity }>(path, { query: { attach_title_to_relation: true }, signal })).entity;
    },
  });
}

export function entityTitle(entity: Pick<Entity, 'identifier' | 'title'>): string {
  return entity.title || entity.identifier;
}

/** A related entity, as reads that attach titles show it. */
export interface Related {
  identifier: string;
  title?: string;
}

/** What a relation holds, whether it is one or several, with titles or without. */
export function relatedOf(value: unknown): Related[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item): Related[] => {
    if (typeof item === 'string' && item !== '') return [{ identifier: item }];
    return typeof item === 'object' && item !== null && 'identifier' in item ? [item as Related] : [];
  });
}
