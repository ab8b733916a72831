/** Which relations of the catalog lead to an entity. */
import { expect, test } from 'vitest';
import type { Blueprint } from '@/api/types';
import { relatedOf } from './queries';
import { incomingOf } from './related';

const blueprint = (identifier: string, rest: object = {}) =>
  ({ identifier, title: identifier, schema: { properties: {} }, ...rest }) as unknown as Blueprint;
const to = (target: string, title?: string) => ({ target, title, required: false, many: false });

test('every relation that leads to the blueprint is asked for, also its own', () => {
  const all = [
    blueprint('service', { relations: { uses: to('service', 'Uses'), domain: to('domain') } }),
    blueprint('alert', { relations: { about: to('service') } }),
    blueprint('_rule_result', { relations: { service: to('service') } }),
    blueprint('domain'),
  ];
  expect(incomingOf('service', 'checkout', all).map(({ key, title, query }) => [key, title, query.rules])).toEqual([
    ['alert about', 'about', [{ relation: 'about', operator: '=', value: 'checkout' }]],
    ['service uses', 'Uses', [{ relation: 'uses', operator: '=', value: 'checkout' }]],
  ]);
  expect(incomingOf('alert', 'a', all)).toEqual([]);
});

test('what a team owns leads to it', () => {
  const all = [blueprint('service', { ownership: { type: 'Direct' } }), blueprint('domain')];
  expect(incomingOf('_team', 'core', all)).toMatchObject([
    { title: 'Owning teams', filter: ['$team', 'containsAny', ['core']], query: { rules: [{ property: '$team', operator: 'containsAny', value: ['core'] }] } },
  ]);
});

test('a relation holds one, several or nothing, with titles or without', () => {
  expect(relatedOf('a')).toEqual([{ identifier: 'a' }]);
  expect(relatedOf({ identifier: 'a', title: 'A' })).toEqual([{ identifier: 'a', title: 'A' }]);
  expect(relatedOf(['a', { identifier: 'b' }, null])).toEqual([{ identifier: 'a' }, { identifier: 'b' }]);
  expect(relatedOf(null)).toEqual([]);
  expect(relatedOf(undefined)).toEqual([]);
});
