/** Filters between an address, a person and the server. */
import { describe, expect, test } from 'vitest';
import type { Blueprint, Scorecard } from '@/api/types';
import { columnsOf, defaultColumns, fieldsOf } from './fields';
import { type Filter, fieldOf, filterText, isComplete, operatorsOf, parseFilters, printFilters, queryFor } from './filters';

const meta = { createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'a', updatedAt: '2026-01-01T00:00:00.000Z', updatedBy: 'a' };
const domain = {
  ...meta,
  identifier: 'domain',
  title: 'Domain',
  schema: { properties: { budget: { type: 'number', title: 'Budget' }, tier: { type: 'string', enum: ['one', 'two'], enumColors: { one: 'red' } } } },
} as unknown as Blueprint;
const service = {
  ...meta,
  identifier: 'service',
  title: 'Service',
  ownership: { type: 'Direct', title: 'Owners' },
  schema: {
    properties: {
      language: { type: 'string', title: 'Language', enum: ['Rust', 'Go'] },
      replicas: { type: 'number', title: 'Replicas' },
      port: { type: 'number', enum: [80, 443] },
      live: { type: 'boolean' },
      region: { type: 'string' },
      due: { type: 'string', format: 'timer' },
      seen: { type: 'string', format: 'date-time', title: 'Seen' },
      tags: { type: 'array', items: { type: 'string', enum: ['core', 'edge'] } },
      config: { type: 'object' },
      notes: { type: 'string', format: 'markdown' },
    },
  },
  mirrorProperties: { budget: { path: 'domain.budget', title: 'Budget of the domain' }, tiers: { path: 'uses.domain.tier' } },
  calculationProperties: { slug: { calculation: '.identifier', type: 'string', colors: { a: 'red' } } },
  aggregationProperties: { alerts: { title: 'Alerts', target: 'alert', calculationSpec: {} } },
  relations: { domain: { target: 'domain', required: false, many: false, title: 'Domain' }, uses: { target: 'service', required: false, many: true } },
} as unknown as Blueprint;
const scorecard = {
  identifier: 'ready',
  title: 'Readiness',
  levels: [
    { title: 'Basic', color: 'paleBlue' },
    { title: 'Gold', color: 'gold' },
  ],
  rules: [],
} as unknown as Scorecard;
const fields = fieldsOf(service, new Map([domain, service].map((each) => [each.identifier, each])), [scorecard]);
const field = (id: string) => fieldOf(fields, id);
const ask = (filters: Filter[], any = false, words = '') => queryFor({ filters, any, words }, fields);

describe('fields', () => {
  test('each has the kind that its type asks for', () => {
    const kinds = Object.fromEntries(fields.map(({ id, kind }) => [id, kind]));
    expect(kinds).toMatchObject({
      $title: 'text',
      $team: 'teams',
      $updatedAt: 'instant',
      language: 'choice',
      replicas: 'number',
      port: 'choice',
      live: 'boolean',
      due: 'timer',
      seen: 'instant',
      tags: 'list',
      config: 'object',
      'relation.domain': 'relation',
      'scorecard.ready': 'level',
    });
  });

  test('a mirror is what stands at the end of its path, a list if a step leads to several', () => {
    expect(field('budget')).toMatchObject({ kind: 'number', group: 'Computed', title: 'Budget of the domain' });
    expect(field('tiers')).toMatchObject({ kind: 'list', options: ['one', 'two'], schema: { items: { enumColors: { one: 'red' } } } });
  });

  test('the owners are called as the blueprint calls them, and without ownership there are none', () => {
    expect(field('$team').title).toBe('Owners');
    expect(fieldsOf(domain, new Map(), []).some(({ id }) => id === '$team')).toBe(false);
  });

  test('a table shows a few of each group, and what was chosen instead', () => {
    expect(defaultColumns(fields)).toEqual(['$title', 'scorecard.ready', 'language', 'replicas', 'port', 'live', 'budget', 'tiers', 'slug', 'relation.domain', 'relation.uses', '$updatedAt']);
    expect(columnsOf('replicas,gone,replicas,relation.domain', fields).map(({ id }) => id)).toEqual(['$title', 'replicas', 'relation.domain']);
    expect(columnsOf('', fields).map(({ id }) => id)).toEqual(['$title']);
  });
});

describe('in an address', () => {
  test('filters come back as they were', () => {
    const filters: Filter[] = [
      { field: 'language', operator: 'in', value: ['Rust', 'Go'] },
      { field: 'replicas', operator: '>=', value: 2 },
      { field: 'live', operator: '=', value: false },
      { field: 'config', operator: 'isEmpty' },
      { field: '$updatedAt', operator: 'between', value: { preset: 'lastWeek' } },
    ];
    expect(parseFilters(printFilters(filters))).toEqual(filters);
    expect(printFilters([])).toBeUndefined();
  });

  test('what cannot be a filter is left out', () => {
    expect(parseFilters('no')).toEqual([]);
    expect(parseFilters('{"a":1}')).toEqual([]);
    expect(parseFilters('[1,["language"],["language","=",null],["region","=","eu"]]')).toEqual([{ field: 'region', operator: '=', value: 'eu' }]);
    expect(parseFilters(undefined)).toEqual([]);
  });
});

describe('as a query', () => {
  test('nothing asked for is no query', () => {
    expect(ask([])).toBeUndefined();
    expect(ask([], true, '  ')).toBeUndefined();
  });

  test('properties, relations and levels are named as the grammar does', () => {
    expect(
      ask([
        { field: 'replicas', operator: '>', value: 2 },
        { field: 'relation.domain', operator: '=', value: 'shop' },
        { field: 'relation.domain', operator: 'contains', value: 'Sho' },
        { field: 'scorecard.ready', operator: '=', value: 'Gold' },
        { field: 'due', operator: 'isExpired' },
      ]),
    ).toEqual({
      combinator: 'and',
      rules: [
        { property: 'replicas', operator: '>', value: 2 },
        { relation: 'domain', operator: '=', value: 'shop' },
        { relation: 'domain', targetProperty: '$title', operator: 'contains', value: 'Sho' },
        { scorecard: 'ready', operator: '=', value: 'Gold' },
        { property: 'due', operator: 'isExpired' },
      ],
    });
  });

  test('any of the filters is enough if asked, and the words are wanted all the same', () => {
    const query = ask(
      [
        { field: 'live', operator: '=', value: true },
        { field: 'region', operator: 'isEmpty' },
      ],
      true,
      'check',
    );
    expect(query?.combinator).toBe('and');
    expect(query?.rules).toHaveLength(2);
    expect(query?.rules[0]).toEqual({
      combinator: 'or',
      rules: [
        { property: 'live', operator: '=', value: true },
        { property: 'region', operator: 'isEmpty' },
      ],
    });
  });

  test('a word is looked for in names and texts, in its usual spellings', () => {
    const { rules } = ask([], false, 'shop')!.rules[0] as { rules: { property: string; value: string[] }[] };
    expect(rules.map(({ property }) => property)).toEqual(['$title', '$identifier', 'language', 'port', 'region', 'notes']);
    expect(rules[0]?.value).toEqual(['shop', 'Shop', 'SHOP']);
  });

  test('a field that is gone is still asked for, and matches nothing rather than everything', () => {
    expect(ask([{ field: 'gone', operator: '=', value: 'x' }])?.rules).toEqual([{ property: 'gone', operator: '=', value: 'x' }]);
    expect(ask([{ field: 'relation.gone', operator: '=', value: 'x' }])?.rules).toEqual([{ relation: 'gone', operator: '=', value: 'x' }]);
  });
});

describe('for people', () => {
  test('a filter reads as a sentence', () => {
    const text = (filter: Filter) => filterText(filter, field(filter.field));
    expect(text({ field: 'language', operator: 'in', value: ['Rust', 'Go'] })).toBe('Language is any of Rust, Go');
    expect(text({ field: 'live', operator: '=', value: true })).toBe('live is yes');
    expect(text({ field: 'seen', operator: 'between', value: { preset: 'lastWeek' } })).toBe('Seen is within the last 7 days');
    expect(text({ field: 'config', operator: 'isNotEmpty' })).toBe('config is not empty');
  });

  test('a filter is asked for once it has what its operator needs', () => {
    const complete = (filter: Filter) => isComplete(filter, field(filter.field));
    expect(complete({ field: 'replicas', operator: '=', value: 0 })).toBe(true);
    expect(complete({ field: 'live', operator: '=', value: false })).toBe(true);
    expect(complete({ field: 'replicas', operator: '=' })).toBe(false);
    expect(complete({ field: 'language', operator: 'in', value: [] })).toBe(false);
    expect(complete({ field: 'seen', operator: 'between', value: { from: '2026-01-01T00:00:00.000Z' } })).toBe(false);
    expect(complete({ field: 'config', operator: 'isEmpty' })).toBe(true);
  });

  test('every field has operators, and no operator twice', () => {
    for (const each of fields) {
      const operators = operatorsOf(each).map(({ operator }) => operator);
      expect(operators.length).toBeGreaterThan(0);
      expect(new Set(operators).size).toBe(operators.length);
    }
  });
});
