/**
 * The lines of a run's log in the order of their sequence numbers, each once, however often and in
 * whatever order they arrive; and the search through them. Pure.
 */
import type { RunLog } from '@/api/types';
import { fullTime } from '@/lib/time';

/** The lines with the arrivals in their places; the same array if they bring nothing new. */
export function mergeLogs(lines: RunLog[], arrivals: RunLog[]): RunLog[] {
  if (arrivals.length === 0) return lines;
  const fresh = dedupe(arrivals);
  const last = lines.at(-1)?.seq ?? 0;
  if (fresh.every((line) => line.seq > last)) return lines.concat(fresh);
  const known = new Set(lines.map((line) => line.seq));
  const added = fresh.filter((line) => !known.has(line.seq));
  if (added.length === 0) return lines;
  return lines.concat(added).sort((a, b) => a.seq - b.seq);
}

function dedupe(arrivals: RunLog[]): RunLog[] {
  const bySeq = new Map(arrivals.map((line) => [line.seq, line]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Sequence numbers start at 1 and leave none out: whether all up to `last` are here. */
export function isComplete(lines: RunLog[], last: number): boolean {
  return lines.length >= last && (last === 0 || lines[last - 1]?.seq === last);
}

// oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;

/** The text of a line without colours and other terminal escapes. */
export function plainText(message: string): string {
  return message.replace(ESCAPES, '');
}

/** The indexes of the lines that contain the search, whatever the case. */
export function findLines(lines: RunLog[], search: string): number[] {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return [];
  const found: number[] = [];
  lines.forEach((line, index) => {
    if (plainText(line.message).toLowerCase().includes(wanted)) found.push(index);
  });
  return found;
}

/** The whole log as a text file: number, time, message. */
export function logText(lines: RunLog[]): string {
  return lines.map((line) => `${line.seq}\t${line.createdAt}\t${plainText(line.message)}\n`).join('');
}

/** How a screen reader or a tooltip tells when a line came. */
export function lineTime(line: RunLog): string {
  return fullTime(line.createdAt);
}
