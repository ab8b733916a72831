/**
 * Filters of a table: which operators a field has, filters as text in an address, and as the query that the server
 * evaluates. Pure; the grammar is that of `POST /v1/blueprints/{blueprint}/entities/search`.
 */
import type { SearchQuery, SearchRule } from '@/api/types';
import { type Field, type Kind, unknownField } from './fields';

export interface Span {
  preset?: string;
  from?: string;
  to?: string;
}
export type FilterValue = string | number | boolean | (string | number)[] | Span;

export interface Filter {
  field: string;
  operator: Operator;
  value?: FilterValue;
}

export type Operator = SearchRule['operator'];

/** How the value of an operator is entered; `one` and `several` offer choices if the field has some. */
export type Entry = 'none' | 'text' | 'one' | 'several' | 'instant' | 'span';

export interface OperatorChoice {
  operator: Operator;
  label: string;
  entry: Entry;
}

const EMPTY: OperatorChoice[] = [
  { operator: 'isEmpty', label: 'is empty', entry: 'none' },
  { operator: 'isNotEmpty', label: 'is not empty', entry: 'none' },
];
const EQUAL: OperatorChoice[] = [
  { operator: '=', label: 'is', entry: 'one' },
  { operator: '!=', label: 'is not', entry: 'one' },
];
const AMONG: OperatorChoice[] = [
  { operator: 'in', label: 'is any of', entry: 'several' },
  { operator: 'notIn', label: 'is none of', entry: 'several' },
];
const PARTS: OperatorChoice[] = [
  { operator: 'contains', label: 'contains', entry: 'text' },
  { operator: 'doesNotContains', label: 'does not contain', entry: 'text' },
];
const ENDS: OperatorChoice[] = [
  { operator: 'beginsWith', label: 'begins with', entry: 'text' },
  { operator: 'doesNotBeginsWith', label: 'does not begin with', entry: 'text' },
  { operator: 'endsWith', label: 'ends with', entry: 'text' },
  { operator: 'doesNotEndsWith', label: 'does not end with', entry: 'text' },
];
const INSTANTS: OperatorChoice[] = [
  { operator: 'between', label: 'is within', entry: 'span' },
  { operator: 'notBetween', label: 'is not within', entry: 'span' },
  { operator: '>', label: 'is after', entry: 'instant' },
  { operator: '<', label: 'is before', entry: 'instant' },
];

const OPERATORS: Record<Kind, OperatorChoice[]> = {
  text: [...PARTS, ...EQUAL, ...AMONG, ...ENDS, ...EMPTY],
  choice: [...EQUAL, ...AMONG, ...EMPTY],
  number: [
    ...EQUAL,
    { operator: '>', label: 'is more than', entry: 'one' },
    { operator: '>=', label: 'is at least', entry: 'one' },
    { operator: '<', label: 'is less than', entry: 'one' },
    { operator: '<=', label: 'is at most', entry: 'one' },
    ...EMPTY,
  ],
  boolean: [{ operator: '=', label: 'is', entry: 'one' }, ...EMPTY],
  instant: [...INSTANTS, ...EMPTY],
  timer: [
    { operator: 'isExpired', label: 'has expired', entry: 'none' },
    { operator: 'isNotExpired', label: 'has not expired', entry: 'none' },
    ...INSTANTS,
    ...EMPTY,
  ],
  list: [
    { operator: 'contains', label: 'contains', entry: 'one' },
    { operator: 'doesNotContains', label: 'does not contain', entry: 'one' },
    { operator: 'containsAny', label: 'contains any of', entry: 'several' },
    ...EMPTY,
  ],
  object: EMPTY,
  relation: [...EQUAL, ...AMONG, { operator: 'contains', label: 'has a title containing', entry: 'text' }, ...EMPTY],
  level: [...EQUAL, ...AMONG, ...EMPTY],
  teams: [{ operator: 'containsAny', label: 'are any of', entry: 'several' }, ...EMPTY],
};

export function operatorsOf(field: Field): OperatorChoice[] {
  return OPERATORS[field.kind];
}

/** How the operator is called on this field; one that the field does not offer keeps its own name. */
export function choiceOf(field: Field, operator: Operator): OperatorChoice {
  return operatorsOf(field).find((choice) => choice.operator === operator) ?? { operator, label: operator, entry: 'text' };
}

export const PRESETS: { value: string; label: string }[] = [
  { value: 'today', label: 'today' },
  { value: 'yesterday', label: 'yesterday' },
  { value: 'tomorrow', label: 'tomorrow' },
  { value: 'lastDay', label: 'the last 24 hours' },
  { value: 'lastWeek', label: 'the last 7 days' },
  { value: 'last2Weeks', label: 'the last 14 days' },
  { value: 'lastMonth', label: 'the last 30 days' },
  { value: 'last3Months', label: 'the last 90 days' },
  { value: 'last6Months', label: 'the last 180 days' },
  { value: 'last12Months', label: 'the last 365 days' },
];

/** Whether a filter has what its operator needs, so that it can be asked. */
export function isComplete(filter: Filter, field: Field): boolean {
  const { value } = filter;
  const { entry } = choiceOf(field, filter.operator);
  if (entry === 'none') return true;
  if (entry === 'several') return Array.isArray(value) && value.length > 0;
  if (entry === 'span') return isSpan(value) && Boolean(value.preset || (value.from && value.to));
  return value !== undefined && value !== '';
}

function isSpan(value: FilterValue | undefined): value is Span {
  return typeof value === 'object' && !Array.isArray(value);
}

/** Filters as they stand in an address: `[["language","=","Rust"],["tier","isEmpty"]]`. */
export function printFilters(filters: readonly Filter[]): string | undefined {
  if (filters.length === 0) return undefined;
  return JSON.stringify(filters.map(({ field, operator, value }) => (value === undefined ? [field, operator] : [field, operator, value])));
}

/** Reads what `printFilters` wrote. Somebody may have edited it: what cannot be a filter is left out. */
export function parseFilters(text: string | undefined): Filter[] {
  if (!text) return [];
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(read)) return [];
  return read.flatMap((item): Filter[] => {
    if (!Array.isArray(item)) return [];
    const [field, operator, value] = item as [unknown, unknown, unknown];
    if (typeof field !== 'string' || typeof operator !== 'string' || !isValue(value)) return [];
    return [{ field, operator: operator as Operator, ...(value === undefined ? {} : { value }) }];
  });
}

function isValue(value: unknown): value is FilterValue | undefined {
  return value !== null && ['string', 'number', 'boolean', 'object', 'undefined'].includes(typeof value);
}

export function fieldOf(fields: readonly Field[], id: string): Field {
  return fields.find((field) => field.id === id) ?? unknownField(id);
}

interface Wanted {
  filters: readonly Filter[];
  /** Whether one filter is enough. */
  any: boolean;
  /** Words that must all be found in the entity's texts. */
  words: string;
}

/** What the server is asked; undefined if everything is wanted. */
export function queryFor({ filters, any, words }: Wanted, fields: readonly Field[]): SearchQuery | undefined {
  const rules: (SearchRule | SearchQuery)[] = filters.map((filter) => ruleFor(filter, fieldOf(fields, filter.field)));
  const all = any && rules.length > 1 ? [{ combinator: 'or' as const, rules }] : rules;
  const quick = words.split(/\s+/).filter(Boolean).map((word) => wordQuery(word, fields));
  return all.length + quick.length > 0 ? { combinator: 'and', rules: [...all, ...quick] } : undefined;
}

function ruleFor({ operator, value }: Filter, field: Field): SearchRule {
  const titles = field.kind === 'relation' && operator === 'contains' ? { targetProperty: '$title' } : {};
  return { ...field.subject, ...titles, operator, ...(value === undefined ? {} : { value }) };
}

/** One word in any text of the entity. The server compares capitals, so the usual spellings are asked for. */
function wordQuery(word: string, fields: readonly Field[]): SearchQuery {
  const value = spellings(word);
  const searched = fields.filter(
    ({ id, kind, group }) => id === '$title' || id === '$identifier' || (group === 'Properties' && (kind === 'text' || kind === 'choice')),
  );
  return {
    combinator: 'or',
    rules: searched.map(({ subject }) => ({ ...subject, operator: 'contains' as const, value })),
  };
}

/** A word as typed, in small letters, with a capital at its start, and in capitals. */
export function spellings(word: string): string[] {
  const small = word.toLowerCase();
  return [...new Set([word, small, small.charAt(0).toUpperCase() + small.slice(1), word.toUpperCase()])];
}

/** A filter in words, such as `Language is any of Rust, Go`. */
export function filterText(filter: Filter, field: Field): string {
  const { label } = choiceOf(field, filter.operator);
  const value = valueText(filter.value);
  return [field.title, label, value].filter(Boolean).join(' ');
}

function valueText(value: FilterValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.join(', ');
  if (!isSpan(value)) return day(String(value));
  if (value.preset) return PRESETS.find((preset) => preset.value === value.preset)?.label ?? value.preset;
  return `${day(value.from ?? '…')} to ${day(value.to ?? '…')}`;
}

/** An instant as a date and time; any other text as it is. */
function day(text: string): string {
  if (!/^\d{4}-\d\d-\d\dT/.test(text)) return text;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
