/** Instants and durations in words. */
import { expect, test } from 'vitest';
import { ago, duration } from './time';

const NOW = Date.parse('2026-01-10T12:00:00.000Z');
const before = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

test.each([
  [3, 'just now'],
  [42, '42 s ago'],
  [200, '3 min ago'],
  [7300, '2 h ago'],
  [200_000, '2 d ago'],
  [-70, 'in 2 min'],
])('%d seconds before now is %j', (seconds, words) => {
  expect(ago(before(seconds), NOW)).toBe(words);
});

test('what is no instant is shown as it is', () => {
  expect(ago('someday', NOW)).toBe('someday');
});

test.each([
  [-5, '0 ms'],
  [420, '420 ms'],
  [6940, '6.9 s'],
  [42_000, '42 s'],
  [187_000, '3 m 07 s'],
  [7_500_000, '2 h 05 m'],
  [100_800_000, '1 d 04 h'],
])('%d milliseconds are %j', (milliseconds, words) => {
  expect(duration(milliseconds)).toBe(words);
});
