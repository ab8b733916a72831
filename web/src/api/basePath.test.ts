/** The mount point in whatever form it is given. */
import { expect, test } from 'vitest';
import { apiUrl, normalizeBase } from './basePath';

test.each([
  [null, '/'],
  ['', '/'],
  ['/', '/'],
  ['/portal', '/portal/'],
  ['portal/', '/portal/'],
  ['/a/b/', '/a/b/'],
])('the mount point %j is %j', (given, base) => {
  expect(normalizeBase(given)).toBe(base);
});

test('API addresses lie below the mount point', () => {
  expect(apiUrl('/v1/actions')).toBe('/v1/actions');
});
