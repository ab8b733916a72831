/** The difference between two JSON values, as aligned lines of their pretty-printed texts. Pure. */
import type { JsonValue } from '@/api/types';

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
  before?: number;
  after?: number;
}

/** Beyond this many lines a side the comparison shows both texts whole instead of aligning them. */
const ALIGNED_LINES = 1500;

/** The lines of both values, pretty-printed and aligned; keys are sorted so that order is no change. */
export function diffLines(before: JsonValue | undefined, after: JsonValue | undefined): DiffLine[] {
  const a = before === undefined || before === null ? [] : pretty(before).split('\n');
  const b = after === undefined || after === null ? [] : pretty(after).split('\n');
  if (a.length > ALIGNED_LINES || b.length > ALIGNED_LINES) return wholeTexts(a, b);
  return aligned(a, b);
}

/** The lines that changed, with a few around each, so that one sees where they are. */
export function changedParts(lines: readonly DiffLine[], around = 2): DiffLine[] {
  const near = new Set<number>();
  lines.forEach(({ kind }, at) => {
    if (kind !== 'same') for (let each = at - around; each <= at + around; each++) near.add(each);
  });
  return lines.filter((_, at) => near.has(at));
}

function aligned(a: string[], b: string[]): DiffLine[] {
  const table = commonLengths(a, b);
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i] ?? '', before: ++i, after: ++j });
    } else if (i < a.length && (j >= b.length || (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))) {
      lines.push({ kind: 'removed', text: a[i] ?? '', before: ++i });
    } else {
      lines.push({ kind: 'added', text: b[j] ?? '', after: ++j });
    }
  }
  return lines;
}

function wholeTexts(a: string[], b: string[]): DiffLine[] {
  const removed = a.map((text, index): DiffLine => ({ kind: 'removed', text, before: index + 1 }));
  return removed.concat(b.map((text, index): DiffLine => ({ kind: 'added', text, after: index + 1 })));
}

/** Lengths of the longest common subsequences of the tails, filled from the end. */
function commonLengths(a: string[], b: string[]): Uint16Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const row = table[i] as Uint16Array;
    const below = table[i + 1] as Uint16Array;
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

/** JSON with two spaces and sorted keys. */
export function pretty(value: JsonValue): string {
  return JSON.stringify(sorted(value), null, 2);
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort((x, y) => (x < y ? -1 : 1))
      .map((key) => [key, sorted(value[key] as JsonValue)]),
  );
}

function isRecord(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
