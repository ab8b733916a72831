/** What a scorecard says of an entity. */
import { expect, test } from 'vitest';
import type { Blueprint, Entity, Scorecard } from '@/api/types';
import { conditionsText, namesIn } from './conditions';
import { colorOf, levelOf, resultOf, rulesByLevel } from './results';

const query = { combinator: 'and', conditions: [{ property: 'replicas', operator: '>=', value: 2 }] };
const scorecard = {
  identifier: 'ready',
  title: 'Readiness',
  levels: [
    { title: 'Basic', color: 'paleBlue' },
    { title: 'Bronze', color: 'bronze' },
    { title: 'Gold', color: 'gold' },
  ],
  rules: [
    { identifier: 'many', title: 'Runs twice', level: 'Gold', query },
    { identifier: 'owned', title: 'Has an owner', level: 'Bronze', query },
    { identifier: 'new', title: 'Added since', level: 'Gold', query },
  ],
} as unknown as Scorecard;
const entity = {
  identifier: 'checkout',
  scorecards: {
    ready: {
      level: 'Bronze',
      rules: [
        { identifier: 'many', status: 'FAILURE', level: 'Gold' },
        { identifier: 'owned', status: 'SUCCESS', level: 'Bronze' },
      ],
    },
  },
} as unknown as Entity;

test('rules stand under their level with their outcome, which one that is new does not have', () => {
  const groups = rulesByLevel(scorecard, resultOf(entity, 'ready'));
  expect(groups.map(({ level, rules }) => [level.title, rules.map(({ rule, passed }) => [rule.identifier, passed])])).toEqual([
    ['Bronze', [['owned', true]]],
    ['Gold', [['many', false], ['new', undefined]]],
  ]);
});

test('an entity that is not evaluated has no level', () => {
  expect(levelOf(entity, 'ready')).toBe('Bronze');
  expect(levelOf(entity, 'other')).toBeUndefined();
  expect(levelOf({ identifier: 'x' } as Entity, 'ready')).toBeUndefined();
});

test('a level has its colour, and one that is gone is grey', () => {
  expect(colorOf(scorecard, 'Gold')).toBe('gold');
  expect(colorOf(scorecard, 'Platinum')).toBe('lightGray');
});

test('conditions read as a sentence', () => {
  expect(conditionsText(scorecard.rules[0]!.query)).toBe('replicas is at least 2');
  const blueprint = { schema: { properties: { replicas: { type: 'number', title: 'Copies' } } } } as unknown as Blueprint;
  expect(conditionsText(scorecard.rules[0]!.query, namesIn(blueprint))).toBe('Copies is at least 2');
  const or = { combinator: 'or' as const, conditions: [{ relation: 'domain', operator: 'isEmpty', not: true }, { property: 'tags', operator: 'in', value: ['a', 'b'] }] };
  expect(conditionsText(or)).toBe('not (domain is empty) or tags is any of a, b');
});
