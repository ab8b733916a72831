/** One log line: its number, its time, and its message with terminal colours. */
import { Fragment, memo, useMemo } from 'react';
import { AnsiUp } from 'ansi_up';
import type { RunLog } from '@/api/types';
import { clockTime } from '@/lib/time';
import { lineTime, plainText } from './logModel';
import classes from './LogView.module.css';

interface Props {
  line: RunLog;
  search: string;
  current: boolean;
}

export const LogLine = memo(function LogLine({ line, search, current }: Props) {
  const wanted = search.trim();
  return (
    <div className={classes.line} data-current={current || undefined} data-seq={line.seq}>
      <span className={classes.number}>{line.seq}</span>
      <time className={classes.time} dateTime={line.createdAt} title={lineTime(line)}>
        {clockTime(line.createdAt)}
      </time>
      <span className={classes.message}>
        {wanted ? <Marked text={plainText(line.message)} wanted={wanted} /> : <Colored message={line.message} />}
      </span>
    </div>
  );
});

function Colored({ message }: { message: string }) {
  const html = useMemo(() => {
    if (!message.includes('\u001b')) return null;
    const ansi = new AnsiUp();
    ansi.escape_html = true;
    // Classes in place of style attributes, which a strict content security policy refuses.
    ansi.use_classes = true;
    ansi.url_allowlist = { http: 1, https: 1 };
    return ansi.ansi_to_html(message);
  }, [message]);
  if (html === null) return <>{message}</>;
  return <span dangerouslySetInnerHTML={{ __html: html }} />;
}

function Marked({ text, wanted }: { text: string; wanted: string }) {
  const parts: string[] = [];
  const lower = text.toLowerCase();
  const needle = wanted.toLowerCase();
  let from = 0;
  // Lower case may change lengths in a few scripts; then the line stays unmarked.
  if (lower.length === text.length) {
    for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, from)) {
      parts.push(text.slice(from, at), text.slice(at, at + needle.length));
      from = at + needle.length;
    }
  }
  parts.push(text.slice(from));
  return (
    <>
      {parts.map((part, index) =>
        index % 2 === 1 ? <mark key={index}>{part}</mark> : <Fragment key={index}>{part}</Fragment>,
      )}
    </>
  );
}
