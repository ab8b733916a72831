/**
 * The log of a run: numbered lines with times and colours, drawn only where visible; follows the
 * end while asked to, and is searched within the page.
 */
import { useEffect, useMemo, useRef, useState } from 'react';
import { Text } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { AnsiUp } from 'ansi_up';
import { clockTime, fullTime } from '@/lib/time';
import { LogToolbar } from './LogToolbar';
import { type LogLine, matchesIn } from './model';
import type { RunStream } from './useRunStream';
import classes from './LogStream.module.css';

const LINE_PX = 22;

interface Props {
  stream: RunStream;
  runId: string;
  /** What to say while there is no line. */
  emptyText: string;
}

export function LogStream({ stream, runId, emptyText }: Props) {
  const lines = stream.log.lines();
  const [follow, setFollow] = useState(true);
  const [query, setQuery] = useState('');
  const [hit, setHit] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const matches = useMemo(() => matchesIn(lines, query), [lines, query]);
  const matched = useMemo(() => new Set(matches), [matches]);
  const current = matches[hit];

  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    overscan: 24,
  });

  useEffect(() => {
    if (follow && lines.length > 0) rows.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [follow, lines.length, rows]);

  const jump = (to: number) => {
    if (matches.length === 0) return;
    const index = (to + matches.length) % matches.length;
    setFollow(false);
    setHit(index);
    rows.scrollToIndex(matches[index] ?? 0, { align: 'center' });
  };
  const search = (text: string) => {
    setQuery(text);
    setHit(0);
    const first = matchesIn(lines, text)[0];
    if (first !== undefined) {
      setFollow(false);
      rows.scrollToIndex(first, { align: 'center' });
    }
  };
  /** Scrolling up by hand lets go of the end. */
  const onWheel = (deltaY: number) => {
    if (deltaY < 0) setFollow(false);
  };

  return (
    <section aria-label="Log stream" className={classes.frame}>
      <LogToolbar
        stream={stream}
        runId={runId}
        query={query}
        matches={matches.length}
        hit={hit}
        follow={follow}
        onSearch={search}
        onJump={(by) => jump(hit + by)}
        onFollow={setFollow}
        onEnd={() => rows.scrollToIndex(lines.length - 1, { align: 'end' })}
      />
      <div
        ref={scroller}
        className={classes.scroller}
        role="log"
        aria-label="Log lines"
        aria-live="off"
        tabIndex={0}
        onWheel={(event) => onWheel(event.deltaY)}
        onTouchMove={() => setFollow(false)}
        onKeyDown={(event) => ['ArrowUp', 'PageUp', 'Home'].includes(event.key) && setFollow(false)}
      >
        {lines.length === 0 ? (
          <Text className={classes.empty} size="sm">
            {emptyText}
          </Text>
        ) : (
          <div className={classes.lines} style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map((row) => (
              <div
                key={row.key}
                ref={rows.measureElement}
                data-index={row.index}
                className={classes.line}
                data-match={matched.has(row.index) || undefined}
                data-current={row.index === current || undefined}
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <Line line={lines[row.index]} />
              </div>
            ))}
          </div>
        )}
      </div>
    </section>
  );
}

function Line({ line }: { line: LogLine | undefined }) {
  if (!line) return null;
  const first = line.part === 0;
  return (
    <>
      <span className={classes.number}>{first ? line.seq : ''}</span>
      <time className={classes.time} dateTime={line.createdAt} title={fullTime(line.createdAt)}>
        {first ? clockTime(line.createdAt) : ''}
      </time>
      <AnsiText text={line.text} />
    </>
  );
}

function AnsiText({ text }: { text: string }) {
  const html = useMemo(() => {
    const ansi = new AnsiUp();
    ansi.escape_html = true;
    return ansi.ansi_to_html(text);
  }, [text]);
  // ansi_up escapes everything it did not make itself.
  return <span className={classes.text} dangerouslySetInnerHTML={{ __html: html || ' ' }} />;
}
