/** Which entities are related to one: what it leads to, and which relations of the catalog lead to it. Pure. */
import type { Blueprint, SearchQuery } from '@/api/types';

/** A relation that leads to entities of a blueprint. */
export interface Incoming {
  key: string;
  /** The blueprint whose entities relate. */
  from: Blueprint;
  title: string;
  /** Finds those that relate to an entity. */
  query: SearchQuery;
  /** The same as a filter of that blueprint's table. */
  filter: [string, string, unknown];
}

/** Entities that the server makes for scorecards; an entity's results have a page of their own. */
const MACHINERY = new Set(['_rule_result', '_rule', '_scorecard']);

/** The relations of all blueprints that lead to the entity's blueprint, and ownership if it is a team. */
export function incomingOf(blueprint: string, entity: string, blueprints: Iterable<Blueprint>): Incoming[] {
  const found: Incoming[] = [];
  for (const from of blueprints) {
    if (MACHINERY.has(from.identifier) && !MACHINERY.has(blueprint)) continue;
    for (const [id, relation] of Object.entries(from.relations ?? {})) {
      if (relation.target !== blueprint) continue;
      found.push({
        key: `${from.identifier} ${id}`,
        from,
        title: relation.title || id,
        query: { combinator: 'and', rules: [{ relation: id, operator: '=', value: entity }] },
        filter: [`relation.${id}`, '=', entity],
      });
    }
    if (blueprint === '_team' && from.ownership) {
      found.push({
        key: `${from.identifier} $team`,
        from,
        title: from.ownership.title || 'Owning teams',
        query: { combinator: 'and', rules: [{ property: '$team', operator: 'containsAny', value: [entity] }] },
        filter: ['$team', 'containsAny', [entity]],
      });
    }
  }
  return found.sort((a, b) => a.from.title.localeCompare(b.from.title) || a.title.localeCompare(b.title));
}
