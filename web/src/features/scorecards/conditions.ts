/** The conditions of a rule in words, so that a reader knows what to do about one that fails. Pure. */
import type { Blueprint, Scorecard } from '@/api/types';
import { fieldsOf } from '@/features/catalog/fields';

type Query = Scorecard['rules'][number]['query'];
type Condition = Query['conditions'][number];

const WORDS: Record<string, string> = {
  '=': 'is',
  '!=': 'is not',
  '>': 'is more than',
  '>=': 'is at least',
  '<': 'is less than',
  '<=': 'is at most',
  contains: 'contains',
  doesNotContains: 'does not contain',
  containsAny: 'contains any of',
  beginsWith: 'begins with',
  doesNotBeginsWith: 'does not begin with',
  endsWith: 'ends with',
  doesNotEndsWith: 'does not end with',
  in: 'is any of',
  isEmpty: 'is empty',
  isNotEmpty: 'is not empty',
  between: 'is within',
  notBetween: 'is not within',
};

/** How a property or a relation is called. */
export type Naming = (identifier: string) => string;

/** The titles of a blueprint's properties and relations; what it no longer has keeps its identifier. */
export function namesIn(blueprint: Blueprint): Naming {
  const titles = new Map(fieldsOf(blueprint, new Map(), []).map(({ subject, title }) => [subject.property ?? subject.relation, title]));
  return (identifier) => titles.get(identifier) ?? identifier;
}

export function conditionsText({ combinator, conditions }: Query, nameOf: Naming = (identifier) => identifier): string {
  return conditions.map((condition) => conditionText(condition, nameOf)).join(combinator === 'or' ? ' or ' : ' and ');
}

function conditionText({ property, relation, operator, value, not }: Condition, nameOf: Naming): string {
  const test = [nameOf(property ?? relation ?? ''), WORDS[operator] ?? operator, valueText(value)].filter(Boolean).join(' ');
  return not === true ? `not (${test})` : test;
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(String).join(', ');
  if (typeof value !== 'object') return String(value);
  const { preset, from, to } = value as { preset?: string; from?: string; to?: string };
  return preset ?? `${from ?? '…'} to ${to ?? '…'}`;
}
