import { expect, test } from 'vitest';
import { oneLine, shownNumber } from './values';

test('a long text is cut to one line', () => {
  expect(oneLine(' a\n  b\tc ')).toBe('a b c');
  expect(oneLine('x'.repeat(200))).toBe(`${'x'.repeat(120)}…`);
});

test('a number has three decimals at most, and a tiny one is not zero', () => {
  expect(shownNumber(3)).toBe('3');
  expect(shownNumber(1 / 3)).toBe('0.333');
  expect(shownNumber(2.5)).toBe('2.5');
  expect(shownNumber(0.0001)).toBe('0.0001');
  expect(shownNumber(8080)).toBe('8080');
});
