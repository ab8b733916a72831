/** Links from outside: as a list, safe, and named. */
import { expect, test } from 'vitest';
import { linkLabel, linkList, safeHref } from './links';

test('links come as a list whatever form they were sent in', () => {
  expect(linkList('https://a.example/x')).toEqual(['https://a.example/x']);
  expect(linkList(['a', ' a ', '', 'b'])).toEqual(['a', 'b']);
  expect(linkList(null)).toEqual([]);
});

test('only addresses a browser may follow are followed', () => {
  expect(safeHref('https://a.example/')).toBe('https://a.example/');
  expect(safeHref('javascript:alert(1)')).toBeNull();
  expect(safeHref('data:text/html,x')).toBeNull();
  expect(safeHref('not a link')).toBeNull();
});

test('a link is named by its host and the end of its path, also with a broken escape', () => {
  expect(linkLabel('https://www.github.com/a/b/actions/runs/42')).toBe('github.com · 42');
  expect(linkLabel('https://a.example')).toBe('a.example');
  expect(linkLabel('https://a.example/100%')).toBe('https://a.example/100%');
});
