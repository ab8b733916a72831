/** Before and after of a change, as aligned lines with both line numbers and signs, not colour alone. */
import { useMemo, useState } from 'react';
import { Group, SegmentedControl, Text } from '@mantine/core';
import type { JsonValue } from '@/api/types';
import { type DiffLine, changedParts, diffLines } from '@/lib/diff';
import classes from './JsonDiff.module.css';

interface Props {
  before: JsonValue | undefined;
  after: JsonValue | undefined;
}

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;

export function JsonDiff({ before, after }: Props) {
  const lines = useMemo(() => diffLines(before, after), [before, after]);
  const hasUnchanged = lines.some((line) => line.kind === 'same') && lines.some((line) => line.kind !== 'same');
  const [view, setView] = useState('changed');
  const shown = hasUnchanged && view === 'changed' ? changedParts(lines) : lines;
  const added = lines.filter((line) => line.kind === 'added').length;
  const removed = lines.filter((line) => line.kind === 'removed').length;

  if (lines.length === 0) {
    return (
      <Text c="dimmed" size="sm">
        There is no before and after for this event.
      </Text>
    );
  }
  return (
    <div>
      <Group justify="space-between" mb={6}>
        <Text size="xs" c="dimmed">
          {added} {added === 1 ? 'line' : 'lines'} added, {removed} removed
        </Text>
        {hasUnchanged && (
          <SegmentedControl
            size="xs"
            value={view}
            onChange={setView}
            aria-label="Lines to show"
            data={[
              { value: 'changed', label: 'Changes' },
              { value: 'all', label: 'Whole' },
            ]}
          />
        )}
      </Group>
      <div className={classes.diff} role="table" aria-label="Before and after" tabIndex={0}>
        {shown.map((line, index) => (
          <Line key={index} line={line} gap={isGap(shown[index - 1], line)} />
        ))}
      </div>
    </div>
  );
}

/** Whether lines are left out between two. */
function isGap(before: DiffLine | undefined, line: DiffLine): boolean {
  return before !== undefined && (line.before ?? 0) > (before.before ?? Infinity) + 1;
}

function Line({ line, gap }: { line: DiffLine; gap: boolean }) {
  return (
    <div role="row" className={classes.line} data-kind={line.kind} data-gap={gap || undefined}>
      <span role="cell" className={classes.number} aria-label="Line before">
        {line.before ?? ''}
      </span>
      <span role="cell" className={classes.number} aria-label="Line after">
        {line.after ?? ''}
      </span>
      <span role="cell" className={classes.sign} aria-label={line.kind}>
        {SIGNS[line.kind]}
      </span>
      <span role="cell" className={classes.text}>
        {line.text}
      </span>
    </div>
  );
}
