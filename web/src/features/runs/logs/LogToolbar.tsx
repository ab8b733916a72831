/** What one can do with a log: search it, step through matches, follow the end, save it. */
import type { ReactNode } from 'react';
import { ActionIcon, Badge, Group, Switch, Text, TextInput, Tooltip } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconChevronsDown, IconDownload, IconSearch } from '@tabler/icons-react';
import { downloadText } from '@/lib/files';
import type { RunStream } from './useRunStream';
import classes from './LogStream.module.css';

interface Props {
  stream: RunStream;
  runId: string;
  query: string;
  matches: number;
  hit: number;
  follow: boolean;
  onSearch: (query: string) => void;
  onJump: (by: 1 | -1) => void;
  onFollow: (follow: boolean) => void;
  onEnd: () => void;
}

const STATES: Record<RunStream['state'], { label: string; color: string }> = {
  connecting: { label: 'Connecting', color: 'gray' },
  live: { label: 'Live', color: 'green' },
  lost: { label: 'Reconnecting', color: 'orange' },
  ended: { label: 'Ended', color: 'gray' },
};

export function LogToolbar({ stream, runId, query, matches, hit, follow, onSearch, onJump, onFollow, onEnd }: Props) {
  const state = STATES[stream.state];
  return (
    <div className={classes.toolbar} role="toolbar" aria-label="Log tools">
      <TextInput
        type="search"
        size="xs"
        className={classes.search}
        aria-label="Search the log"
        placeholder="Search the log"
        leftSection={<IconSearch size={15} />}
        value={query}
        onChange={(event) => onSearch(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onJump(event.shiftKey ? -1 : 1);
        }}
      />
      {query && (
        <Group gap={4} wrap="nowrap">
          <Text size="xs" c="dimmed" role="status" style={{ whiteSpace: 'nowrap' }}>
            {matches === 0 ? 'No match' : `${hit + 1} of ${matches}`}
          </Text>
          <Tool label="Previous match" disabled={matches === 0} onClick={() => onJump(-1)} icon={<IconArrowUp size={15} />} />
          <Tool label="Next match" disabled={matches === 0} onClick={() => onJump(1)} icon={<IconArrowDown size={15} />} />
        </Group>
      )}
      <Group gap="xs" ml="auto" wrap="nowrap">
        <Badge size="sm" variant="dot" color={state.color} role="status">
          {state.label}
        </Badge>
        <Switch size="xs" label="Follow" checked={follow} onChange={(event) => onFollow(event.currentTarget.checked)} />
        <Tool label="Jump to the end" disabled={stream.log.size === 0} onClick={onEnd} icon={<IconChevronsDown size={16} />} />
        <Tool
          label="Download the log"
          disabled={stream.log.size === 0}
          onClick={() => downloadText(`${runId}.log`, stream.log.text())}
          icon={<IconDownload size={16} />}
        />
      </Group>
    </div>
  );
}

function Tool({ label, icon, disabled, onClick }: { label: string; icon: ReactNode; disabled?: boolean; onClick: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} disabled={disabled} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
