/**
 * The log of a run: numbered and timestamped lines, drawn only where one looks, following the end
 * until the reader scrolls up. Search, follow and download above it.
 */
import { type CSSProperties, useEffect, useMemo, useRef, useState } from 'react';
import { ActionIcon, Group, Loader, Switch, Text, TextInput, Tooltip } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconDownload, IconSearch } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { downloadText } from '@/lib/files';
import { findLines, logText } from './logModel';
import { LogLine } from './LogLine';
import type { RunStream } from './useRunStream';
import classes from './LogView.module.css';

interface Props {
  runId: string;
  stream: RunStream;
  open: boolean;
  search: string;
  onSearch: (search: string) => void;
}

const LINE_PX = 21;
/** Closer to the end than this counts as being at the end. */
const NEAR_END_PX = 24;

export function LogView({ runId, stream, open, search, onSearch }: Props) {
  const { lines, state } = stream;
  const box = useRef<HTMLDivElement>(null);
  // An address that names what is looked for leads there, and not to the end.
  const [follow, setFollow] = useState(search === '');
  const [at, setAt] = useState(0);
  const found = useMemo(() => findLines(lines, search), [lines, search]);
  const here = found.length > 0 ? found[at % found.length] : undefined;
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
    getItemKey: (index) => lines[index]?.seq ?? index,
  });

  useEffect(() => {
    if (follow && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [follow, lines.length, virtual]);

  useEffect(() => {
    if (here !== undefined) virtual.scrollToIndex(here, { align: 'center' });
  }, [here, virtual]);

  const step = (by: number) => {
    if (found.length === 0) return;
    setFollow(false);
    setAt((current) => (current + by + found.length) % found.length);
  };
  const onScroll = () => {
    const element = box.current;
    if (!element) return;
    const fromEnd = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (fromEnd < NEAR_END_PX && search === '') setFollow(true);
  };
  const stopFollowing = (event: React.WheelEvent) => event.deltaY < 0 && setFollow(false);

  return (
    <section aria-label="Log stream" className={classes.frame}>
      <Group className={classes.bar} gap="sm" justify="space-between">
        <Group gap={6} style={{ flex: '1 1 240px' }} wrap="nowrap">
          <TextInput
            size="xs"
            type="search"
            aria-label="Search the log"
            placeholder="Search the log"
            leftSection={<IconSearch size={14} />}
            value={search}
            onChange={(event) => {
              setAt(0);
              setFollow(event.currentTarget.value === '');
              onSearch(event.currentTarget.value);
            }}
            onKeyDown={(event) => event.key === 'Enter' && step(event.shiftKey ? -1 : 1)}
            style={{ flex: 1, maxWidth: 320 }}
          />
          {search && (
            <>
              <Text size="xs" c="dimmed" role="status" style={{ whiteSpace: 'nowrap' }}>
                {found.length === 0 ? 'No match' : `${(at % found.length) + 1} of ${found.length}`}
              </Text>
              <ActionIcon variant="subtle" size="sm" onClick={() => step(-1)} disabled={found.length === 0} aria-label="Previous match">
                <IconChevronUp size={16} />
              </ActionIcon>
              <ActionIcon variant="subtle" size="sm" onClick={() => step(1)} disabled={found.length === 0} aria-label="Next match">
                <IconChevronDown size={16} />
              </ActionIcon>
            </>
          )}
        </Group>
        <Group gap="sm" wrap="nowrap">
          <StreamNote state={state} count={lines.length} open={open} />
          <Switch size="xs" label="Follow" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} />
          <Tooltip label={lines.length === 0 ? 'There is nothing to download yet' : 'Download the log'}>
            <ActionIcon
              variant="default"
              aria-label="Download the log"
              data-disabled={lines.length === 0 || undefined}
              aria-disabled={lines.length === 0}
              onClick={() => lines.length > 0 && downloadText(`${runId}.log`, logText(lines))}
            >
              <IconDownload size={16} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      <div
        ref={box}
        className={classes.lines}
        data-empty={(lines.length === 0 && !open && state !== 'connecting') || undefined}
        role="log"
        aria-label="Run log"
        aria-live={follow ? 'polite' : 'off'}
        tabIndex={0}
        onScroll={onScroll}
        onWheel={stopFollowing}
        onKeyDown={(event) => ['ArrowUp', 'PageUp', 'Home'].includes(event.key) && setFollow(false)}
        onTouchMove={() => setFollow(false)}
      >
        {lines.length === 0 && <Nothing state={state} open={open} />}
        <div style={{ height: virtual.getTotalSize(), position: 'relative', '--lb-digits': String(lines.at(-1)?.seq ?? '').length } as CSSProperties}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index];
            return line ? (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className={classes.place}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <LogLine line={line} search={search} current={item.index === here} />
              </div>
            ) : null;
          })}
        </div>
      </div>
    </section>
  );
}

function StreamNote({ state, count, open }: { state: RunStream['state']; count: number; open: boolean }) {
  const lines = `${count.toLocaleString()} ${count === 1 ? 'line' : 'lines'}`;
  const note = state === 'lost' ? 'reconnecting' : open && state === 'live' ? 'live' : null;
  return (
    <Group gap={6} wrap="nowrap">
      {note === 'live' && <span className={classes.pulse} aria-hidden />}
      {note === 'reconnecting' && <Loader size={12} aria-hidden />}
      <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
        {note ? `${lines} · ${note}` : lines}
      </Text>
    </Group>
  );
}

function Nothing({ state, open }: { state: RunStream['state']; open: boolean }) {
  const text =
    state === 'connecting'
      ? 'Opening the log…'
      : open
        ? 'No lines yet. They appear here the moment the backend posts them.'
        : 'The run ended without a log line.';
  return <p className={classes.nothing}>{text}</p>;
}
