/**
 * The log of one run as the page holds it: lines in the order of their sequence numbers, each once,
 * however often and in whatever order the stream delivers them. Pure but for its own state.
 */
import type { RunLog } from '@/api/types';

/** One line to draw; an entry with line breaks gives several, of which the first has the number. */
export interface LogLine {
  seq: number;
  /** 0 for the first line of an entry. */
  part: number;
  text: string;
  createdAt: string;
}

export class LogModel {
  private entries: RunLog[] = [];
  private known = new Set<number>();
  private drawn: LogLine[] | null = null;
  private finalSeq: number | null = null;

  /** Takes entries in any order; says whether anything was new. */
  append(entries: readonly RunLog[]): boolean {
    const fresh = entries.filter((entry) => Number.isInteger(entry.seq) && !this.known.has(entry.seq));
    if (fresh.length === 0) return false;
    let sorted = true;
    for (const entry of fresh) {
      if (this.known.has(entry.seq)) continue;
      this.known.add(entry.seq);
      const last = this.entries.at(-1);
      if (last && last.seq > entry.seq) sorted = false;
      this.entries.push(entry);
    }
    if (sorted && this.drawn) this.drawn = this.drawn.concat(fresh.flatMap(linesOf));
    else this.drawn = null;
    if (!sorted) this.entries.sort((a, b) => a.seq - b.seq);
    return true;
  }

  /** The stream has said that this is the last sequence number. */
  end(finalSeq: number): void {
    this.finalSeq = finalSeq;
  }

  get size(): number {
    return this.entries.length;
  }

  /** Whether the run's stream has ended and every entry up to its end is here. */
  get complete(): boolean {
    return this.finalSeq !== null && this.entries.filter((entry) => entry.seq <= (this.finalSeq ?? 0)).length >= this.finalSeq;
  }

  get ended(): boolean {
    return this.finalSeq !== null;
  }

  /** The lines, oldest first; the same array until something is appended. */
  lines(): LogLine[] {
    this.drawn ??= this.entries.flatMap(linesOf);
    return this.drawn;
  }

  /** The whole log as text, one entry after the other, with instants and without colours. */
  text(): string {
    return this.entries.map((entry) => `${entry.createdAt} ${stripAnsi(entry.message)}\n`).join('');
  }
}

function linesOf(entry: RunLog): LogLine[] {
  return entry.message
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map((text, part) => ({ seq: entry.seq, part, text, createdAt: entry.createdAt }));
}

// oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
const ANSI = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g;

export function stripAnsi(text: string): string {
  return text.replace(ANSI, '');
}

/** The indexes of the lines that contain the query, whatever its case. */
export function matchesIn(lines: readonly LogLine[], query: string): number[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return [];
  const found: number[] = [];
  lines.forEach((line, index) => {
    if (stripAnsi(line.text).toLowerCase().includes(wanted)) found.push(index);
  });
  return found;
}
