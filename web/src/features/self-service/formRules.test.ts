/** The rules a form checks before it sends anything. */
import { describe, expect, test } from 'vitest';
import type { InputSchema } from '@/api/types';
import { type Field, type FieldValue, controlFor } from './formModel';
import { faultOf, faultsIn } from './formRules';

function field(schema: InputSchema, required = false): Field {
  return { id: 'x', label: 'X', schema, control: controlFor(schema), required, dependsOn: [] };
}

describe('a value that does not fit is refused with the way out', () => {
  test.each<[string, InputSchema, FieldValue, RegExp]>([
    ['too short', { type: 'string', minLength: 3 }, 'ab', /at least 3/],
    ['too long', { type: 'string', maxLength: 2 }, 'abc', /at most 2/],
    ['off the pattern', { type: 'string', pattern: '^[a-z]+$' }, 'A1', /pattern/],
    ['no e-mail address', { type: 'string', format: 'email' }, 'ada', /ada@example\.com/],
    ['no URL', { type: 'string', format: 'url' }, 'nowhere', /https:/],
    ['no IPv4 address', { type: 'string', format: 'ipv4' }, '300.1.1.1', /IPv4/],
    ['below the minimum', { type: 'number', minimum: 1 }, '0', /1 or more/],
    ['at an exclusive maximum', { type: 'number', exclusiveMaximum: 5 }, '5', /less than 5/],
    ['not a number', { type: 'number' }, 'seven', /not a number/],
    ['broken JSON', { type: 'object' }, '{"a":', /not valid JSON/],
    ['a list where an object belongs', { type: 'object' }, '[]', /JSON object/],
    ['too few values', { type: 'array', minItems: 2 }, ['a'], /at least 2 values/],
    ['a repeated value', { type: 'array', uniqueItems: true }, ['a', 'a'], /only once/],
  ])('%s', (_name, schema, value, sentence) => {
    expect(faultOf(field(schema), value)).toMatch(sentence);
  });
});

describe('a value that fits passes', () => {
  test.each<[string, InputSchema, FieldValue]>([
    ['characters are counted, not code units', { type: 'string', maxLength: 2 }, '🚢🚢'],
    ['a pattern the browser cannot read is left to the server', { type: 'string', pattern: '(?i)x' }, 'y'],
    ['an expression is left to the server', { type: 'string', pattern: { jqQuery: '.a' } }, 'y'],
    ['zero is a value', { type: 'number', minimum: 0 }, '0'],
    ['false is a value', { type: 'boolean' }, false],
  ])('%s', (_name, schema, value) => {
    expect(faultOf(field(schema, true), value)).toBeNull();
  });
});

test('a blank input is a fault only where it is required', () => {
  expect(faultOf(field({ type: 'string', minLength: 3 }), '')).toBeNull();
  expect(faultOf(field({ type: 'string' }, true), ' ')).toMatch(/Fill in/);
});

test('every faulty field is named at once', () => {
  const a = { ...field({ type: 'string' }, true), id: 'a' };
  const b = { ...field({ type: 'number', maximum: 1 }), id: 'b' };
  expect(Object.keys(faultsIn([a, b], { a: '', b: '2' }))).toEqual(['a', 'b']);
});
