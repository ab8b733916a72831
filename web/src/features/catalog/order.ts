/** Searching and ordering entities that are already here. Pure. */
import type { Entity, JsonValue } from '@/api/types';

/** Every word must appear in the identifier, the title or a plain property value. */
export function entitiesMatching(entities: Entity[], query: string | undefined): Entity[] {
  const words = (query ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entities;
  return entities.filter((entity) => {
    const plain = Object.values(entity.properties).filter((value) => typeof value !== 'object');
    const text = [entity.identifier, entity.title ?? '', ...plain].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** `sort` is a property's id or `$title`, `$updatedAt`; with a leading `-` for descending. */
export function sortEntities(entities: Entity[], sort: string | undefined): Entity[] {
  const key = sort?.replace(/^-/, '') ?? '$title';
  const sign = sort?.startsWith('-') ? -1 : 1;
  return entities.toSorted((a, b) => {
    const order = compare(valueOf(a, key), valueOf(b, key), sign);
    return order === 0 ? a.identifier.localeCompare(b.identifier) : order;
  });
}

function valueOf(entity: Entity, key: string): JsonValue | undefined {
  if (key === '$title') return entity.title || entity.identifier;
  if (key === '$updatedAt') return entity.updatedAt;
  return entity.properties[key];
}

/** Missing values come last in both directions. */
function compare(a: JsonValue | undefined, b: JsonValue | undefined, sign: 1 | -1): number {
  const aMissing = a === undefined || a === null || a === '';
  const bMissing = b === undefined || b === null || b === '';
  if (aMissing || bMissing) return Number(aMissing) - Number(bMissing);
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * String(a).localeCompare(String(b), undefined, { numeric: true });
}
