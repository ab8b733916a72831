/** Log lines: their order, each once, completeness and search. */
import { describe, expect, test } from 'vitest';
import type { RunLog } from '@/api/types';
import { findLines, isComplete, logText, mergeLogs, plainText } from './logModel';

function line(seq: number, message = `line ${seq}`): RunLog {
  return { id: `log_${seq}`, runId: 'r_1', message, createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'ci', seq };
}
const seqs = (lines: RunLog[]) => lines.map((each) => each.seq);

describe('merging arrivals', () => {
  test('puts lines in the order of their numbers, whatever order they came in', () => {
    expect(seqs(mergeLogs([line(1), line(4)], [line(3), line(2), line(5)]))).toEqual([1, 2, 3, 4, 5]);
  });

  test('takes a line once, within a burst and after a reconnect', () => {
    const first = mergeLogs([], [line(1), line(2), line(2)]);
    expect(seqs(mergeLogs(first, [line(1), line(2), line(3)]))).toEqual([1, 2, 3]);
  });

  test('gives the very same array when nothing is new, so that nothing is drawn again', () => {
    const lines = [line(1), line(2)];
    expect(mergeLogs(lines, [line(2)])).toBe(lines);
    expect(mergeLogs(lines, [])).toBe(lines);
  });
});

test('a log is complete only when every number up to the last is there', () => {
  expect(isComplete([line(1), line(2)], 2)).toBe(true);
  expect(isComplete([line(1), line(3)], 3)).toBe(false);
  expect(isComplete([], 0)).toBe(true);
  expect(isComplete([], 1)).toBe(false);
});

test('the search ignores case and terminal colours', () => {
  const lines = [line(1, '\u001b[31mERR\u001b[0mor here'), line(2, 'fine'), line(3, 'an error')];
  expect(findLines(lines, ' error ')).toEqual([0, 2]);
  expect(findLines(lines, '  ')).toEqual([]);
});

test('the saved text has numbers and instants and no terminal escapes', () => {
  expect(logText([line(7, '\u001b[1;32mok\u001b[0m')])).toBe('7\t2026-01-01T00:00:00.000Z\tok\n');
  expect(plainText('\u001b]8;;https://x\u0007link\u001b]8;;\u0007')).toBe('link');
});
