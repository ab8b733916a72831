/** Columns, search and order of a blueprint's entities. Pure. */
import type { Blueprint, Entity, JsonValue, Property } from '@/api/types';

export interface Column {
  id: string;
  title: string;
  schema?: Partial<Property> & { blueprint?: string };
  value: (entity: Entity) => JsonValue | undefined;
}

/** A table with every property would be unreadable; the entity's page shows them all. */
const PROPERTIES = 6;
const LONG = new Set(['markdown', 'yaml', 'proto', 'multi-line']);

export function columnsOf(blueprint: Blueprint): Column[] {
  const properties = Object.entries(blueprint.schema?.properties ?? {})
    .filter(([, property]) => property.type !== 'object' && !LONG.has(property.format ?? ''))
    .slice(0, PROPERTIES)
    .map(([id, schema]): Column => ({ id, title: schema.title || id, schema, value: (entity) => entity.properties[id] }));
  const relations = Object.entries(blueprint.relations ?? {})
    .slice(0, 2)
    .map(([id, relation]): Column => ({
      id: `relation.${id}`,
      title: relation.title || id,
      schema: { format: 'entity', blueprint: relation.target },
      value: (entity) => entity.relations?.[id] ?? null,
    }));
  return [
    { id: '$title', title: 'Title', value: (entity) => entity.title || entity.identifier },
    ...properties,
    ...relations,
    { id: '$updatedAt', title: 'Updated', value: (entity) => entity.updatedAt },
  ];
}

/** The entities that contain every word of the search in some column, in the wanted order. */
export function shownEntities(
  entities: Entity[],
  columns: Column[],
  search: string,
  sort: string | undefined,
  dir: string,
): Entity[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = entities.filter((entity) => {
    if (words.length === 0) return true;
    const text = [entity.identifier, ...columns.map((column) => textOf(column.value(entity)))].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const column = columns.find((each) => each.id === (sort ?? '$title'));
  if (!column) return matching;
  const sign = dir === 'desc' ? -1 : 1;
  return matching.sort((a, b) => sign * compare(column.value(a), column.value(b)));
}

function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Numbers by size, texts by letters with numbers in them by size, nothing at the end. */
function compare(a: JsonValue | undefined, b: JsonValue | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = [textOf(a), textOf(b)];
  if (x === '' || y === '') return x === y ? 0 : x === '' ? 1 : -1;
  return x.localeCompare(y, undefined, { numeric: true });
}
