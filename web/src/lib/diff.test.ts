/** The aligned lines of two JSON values. */
import { describe, expect, test } from 'vitest';
import { changedParts, diffLines, pretty } from './diff';

const kinds = (before: never | object | null, after: object | null) =>
  diffLines(before as never, after as never).map((line) => `${line.kind[0]}${line.text.trim()}`);

describe('the lines of before and after', () => {
  test('mark only what changed', () => {
    expect(kinds({ a: 1, b: 2 }, { a: 1, b: 3 })).toEqual(['s{', 's"a": 1,', 'r"b": 2', 'a"b": 3', 's}']);
  });

  test('see no change in the order of keys', () => {
    expect(kinds({ b: 1, a: { d: 1, c: 2 } }, { a: { c: 2, d: 1 }, b: 1 }).every((line) => line.startsWith('s'))).toBe(true);
  });

  test('are all added for a creation and all removed for a deletion', () => {
    expect(kinds(null, { a: 1 })).toEqual(['a{', 'a"a": 1', 'a}']);
    expect(kinds({ a: 1 }, null)).toEqual(['r{', 'r"a": 1', 'r}']);
  });

  test('carry the line numbers of both sides', () => {
    const lines = diffLines({ a: 1 }, { a: 1, b: 2 });
    expect(lines.at(-1)).toMatchObject({ kind: 'same', before: 3, after: 4 });
  });

  test('show very long values whole instead of aligning them', () => {
    const long = Array.from({ length: 2000 }, (_, index) => index);
    const lines = diffLines(long, [1]);
    expect(lines.filter((line) => line.kind === 'same')).toEqual([]);
    expect(lines).toHaveLength(2002 + 3);
  });
});

test('changed parts are the changes with the lines around them', () => {
  const before = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`k${index}`, index]));
  const lines = diffLines(before, { ...before, k4: 'new' });
  expect(changedParts(lines, 1).map(({ text }) => text.trim())).toEqual(['"k3": 3,', '"k4": 4,', '"k4": "new",', '"k5": 5,']);
});

test('printed JSON has sorted keys and two spaces', () => {
  expect(pretty({ b: 1, a: [] })).toBe('{\n  "a": [],\n  "b": 1\n}');
});
