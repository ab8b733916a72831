/**
 * What the entities of a blueprint can be shown, filtered and sorted by: meta-properties, properties, computed values,
 * relations and scorecards, under one name each. Pure.
 */
import type { Blueprint, Entity, JsonValue, Scorecard } from '@/api/types';
import type { ValueSchema } from '@/components/Value';
import { levelOf } from '@/features/scorecards/results';

/** Decides which operators a field has, and how their values are entered. */
export type Kind = 'text' | 'choice' | 'number' | 'boolean' | 'instant' | 'timer' | 'list' | 'object' | 'relation' | 'level' | 'teams';

export const GROUPS = ['About', 'Properties', 'Computed', 'Relations', 'Scorecards'] as const;
export type Group = (typeof GROUPS)[number];

/** What a rule or an order names: exactly one of the three. */
export interface Subject {
  property?: string;
  relation?: string;
  scorecard?: string;
}

export interface Field {
  /** A property's identifier, a meta-property with its `$`, `relation.…` or `scorecard.…`. */
  id: string;
  title: string;
  group: Group;
  kind: Kind;
  subject: Subject;
  schema?: ValueSchema;
  /** The values there can be, if they are few and known. */
  options?: (string | number)[];
  /** What a relation leads to. */
  target?: string;
  /** Whether the server sorts by it. */
  sortable: boolean;
  value: (entity: Entity) => JsonValue | undefined;
}

/** A definition of a property, as far as it matters here; those of all kinds fit. */
interface Definition extends ValueSchema {
  type?: string;
  title?: string;
  enum?: unknown;
  path?: string;
}

export type Blueprints = ReadonlyMap<string, Blueprint>;

/** Everything that entities of the blueprint can be shown by, in the order of definition. */
export function fieldsOf(blueprint: Blueprint, blueprints: Blueprints, scorecards: readonly Scorecard[]): Field[] {
  return [
    ...metaFields(blueprint),
    ...Object.entries(blueprint.schema?.properties ?? {}).map(([id, property]) => propertyField(id, property as Definition, 'Properties')),
    ...Object.entries(computedProperties(blueprint, blueprints)).map(([id, property]) => propertyField(id, property, 'Computed')),
    ...Object.entries(blueprint.relations ?? {}).map(([id, { title, target }]) => relationField(id, title || id, target)),
    ...scorecards.map(scorecardField),
  ];
}

/** Mirror, calculation and aggregation properties, each with what is known of its values. */
export function computedProperties(blueprint: Blueprint, blueprints: Blueprints): Record<string, Definition> {
  const mirrors = Object.entries(blueprint.mirrorProperties ?? {}).map(([id, { path, title }]) => [
    id,
    { ...mirrored(blueprint, path.split('.'), blueprints), title },
  ]);
  return {
    ...(Object.fromEntries(mirrors) as Record<string, Definition>),
    ...(blueprint.calculationProperties as Record<string, Definition> | undefined),
    ...Object.fromEntries(
      Object.entries(blueprint.aggregationProperties ?? {}).map(([id, { title }]) => [id, { type: 'number', title }]),
    ),
  };
}

/** What a mirror shows: the definition at the end of its path, in a list if a step leads to several. */
function mirrored(start: Blueprint, path: string[], blueprints: Blueprints, depth = 0): Definition {
  let at: Blueprint | undefined = start;
  let many = false;
  for (const step of path.slice(0, -1)) {
    const relation: { target: string; many?: boolean } | undefined =
      step === '$team' ? { target: '_team', many: true } : at?.relations?.[step];
    many ||= relation?.many ?? false;
    at = relation && blueprints.get(relation.target);
  }
  const end = definitionOf(at, path.at(-1) ?? '', blueprints, depth);
  return many ? { type: 'array', items: end } : end;
}

function definitionOf(blueprint: Blueprint | undefined, id: string, blueprints: Blueprints, depth: number): Definition {
  const meta = META[id];
  if (meta) return { type: meta.kind === 'teams' ? 'array' : 'string', ...meta.schema };
  const mirror = blueprint?.mirrorProperties?.[id];
  // Mirrors of mirrors end somewhere, but a definition read while another is written might not.
  if (blueprint && mirror) return depth < 8 ? mirrored(blueprint, mirror.path.split('.'), blueprints, depth + 1) : {};
  if (blueprint?.aggregationProperties?.[id]) return { type: 'number' };
  return ((blueprint?.schema?.properties?.[id] ?? blueprint?.calculationProperties?.[id]) as Definition | undefined) ?? {};
}

function propertyField(id: string, definition: Definition, group: Group): Field {
  const options = definition.enum ?? definition.items?.enum;
  return {
    id,
    title: definition.title || id,
    group,
    kind: kindOf(definition),
    subject: { property: id },
    schema: definition,
    options: Array.isArray(options) ? (options as (string | number)[]) : undefined,
    sortable: definition.type !== 'object' && definition.type !== 'array',
    value: (entity) => entity.properties?.[id],
  };
}

function kindOf({ type, format, ...rest }: Definition): Kind {
  if (type === 'array') return 'list';
  if (Array.isArray(rest.enum)) return 'choice';
  if (type === 'number' || type === 'boolean' || type === 'object') return type;
  if (format === 'date-time') return 'instant';
  return format === 'timer' ? 'timer' : 'text';
}

function relationField(id: string, title: string, target: string): Field {
  return {
    id: `relation.${id}`,
    title,
    group: 'Relations',
    kind: 'relation',
    subject: { relation: id },
    schema: { format: 'entity', blueprint: target },
    target,
    sortable: true,
    value: (entity) => entity.relations?.[id],
  };
}

function scorecardField({ identifier, title, levels }: Scorecard): Field {
  return {
    id: `scorecard.${identifier}`,
    title,
    group: 'Scorecards',
    kind: 'level',
    subject: { scorecard: identifier },
    options: levels.map((level) => level.title),
    sortable: true,
    value: (entity) => levelOf(entity, identifier),
  };
}

const META: Record<string, { title: string; kind: Kind; schema?: ValueSchema; value: (entity: Entity) => JsonValue }> = {
  $title: { title: 'Title', kind: 'text', value: (entity) => entity.title || entity.identifier },
  $identifier: { title: 'Identifier', kind: 'text', value: (entity) => entity.identifier },
  $team: { title: 'Owning teams', kind: 'teams', schema: { format: 'team' }, value: (entity) => entity.team },
  $createdAt: { title: 'Created', kind: 'instant', schema: { format: 'date-time' }, value: (entity) => entity.createdAt },
  $createdBy: { title: 'Created by', kind: 'text', schema: { format: 'actor' }, value: (entity) => entity.createdBy },
  $updatedAt: { title: 'Updated', kind: 'instant', schema: { format: 'date-time' }, value: (entity) => entity.updatedAt },
  $updatedBy: { title: 'Updated by', kind: 'text', schema: { format: 'actor' }, value: (entity) => entity.updatedBy },
};

function metaFields(blueprint: Blueprint): Field[] {
  return Object.entries(META)
    .filter(([id]) => id !== '$team' || blueprint.ownership)
    .map(([id, { title, ...rest }]) => ({
      ...rest,
      id,
      title: (id === '$team' && blueprint.ownership?.title) || title,
      group: 'About',
      subject: { property: id },
      sortable: id !== '$team',
    }));
}

/** A field that an address names and the blueprint no longer has: shown by its name, never silently dropped. */
export function unknownField(id: string): Field {
  const [, prefix, name] = /^(relation|scorecard)\.(.+)$/.exec(id) ?? [];
  const subject: Subject = prefix === 'relation' ? { relation: name } : prefix === 'scorecard' ? { scorecard: name } : { property: id };
  return { id, title: name ?? id, group: 'Properties', kind: 'text', subject, sortable: false, value: () => undefined };
}

/** How many of a group a table shows by itself: all of them would be unreadable, the entity's page has them. */
const SHOWN: Record<Group, number> = { About: 0, Properties: 4, Computed: 3, Relations: 2, Scorecards: 2 };
const LONG = new Set(['markdown', 'yaml', 'proto', 'multi-line']);

/** The columns a table has while nobody chose others. */
export function defaultColumns(fields: readonly Field[]): string[] {
  const of = (group: Group) =>
    fields
      .filter((field) => field.group === group && field.kind !== 'object' && !LONG.has(field.schema?.format ?? ''))
      .slice(0, SHOWN[group])
      .map(({ id }) => id);
  // Levels stand next to the name: they are what a reader looks for first.
  return ['$title', ...of('Scorecards'), ...of('Properties'), ...of('Computed'), ...of('Relations'), '$updatedAt'];
}

/** The columns of `text`, an address's comma-separated list; the title is always the first. */
export function columnsOf(text: string | undefined, fields: readonly Field[]): Field[] {
  const chosen = text === undefined ? defaultColumns(fields) : ['$title', ...text.split(',')];
  const found = chosen.map((id) => fields.find((field) => field.id === id));
  return [...new Set(found.filter((field) => field !== undefined))];
}
