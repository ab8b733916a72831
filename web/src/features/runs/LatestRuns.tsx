/**
 * "My latest runs" in the header: how many are under way, the last few with their status, and a
 * notice when one of them ends.
 */
import { useEffect, useRef, useState } from 'react';
import { ActionIcon, Anchor, Group, Indicator, Popover, Stack, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconActivity } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { messageOf } from '@/api/errors';
import type { Run } from '@/api/types';
import { ItemIcon } from '@/components/ItemIcon';
import { ListSkeleton } from '@/components/QueryStates';
import { RunLink } from '@/components/RunLink';
import { StatusChip, statusText } from '@/components/StatusChip';
import { When } from '@/components/When';
import { useUser } from '@/features/session/queries';
import { onRunAnnounced } from './announce';
import { isOver, latestRunsQuery } from './queries';
import { runTitle } from './RunFacts';
import classes from './LatestRuns.module.css';

export function LatestRuns() {
  const [opened, setOpened] = useState(false);
  const user = useUser();
  const query = useQuery(latestRunsQuery(user.email));
  const runs = query.data ?? [];
  const underWay = runs.filter((run) => !isOver(run)).length;
  useEffect(() => onRunAnnounced(() => setOpened(true)), []);
  useEndNotices(query.data);

  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={380} shadow="lg" radius="lg" trapFocus={false}>
      <Popover.Target>
        <Tooltip label="My latest runs" disabled={opened}>
          <Indicator label={underWay} size={17} disabled={underWay === 0} offset={4} color="tide" processing={underWay > 0}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={underWay > 0 ? `My latest runs, ${underWay} under way` : 'My latest runs'}
              aria-expanded={opened}
              onClick={() => setOpened(!opened)}
            >
              <IconActivity size={19} />
            </ActionIcon>
          </Indicator>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label="My latest runs" className={classes.dropdown}>
        <Text fw={650} px="md" pt="sm" pb={6}>
          My latest runs
        </Text>
        {query.isPending && (
          <div className={classes.note}>
            <ListSkeleton rows={3} label="Loading my latest runs" />
          </div>
        )}
        {query.error && !query.data && (
          <Text size="sm" c="dimmed" className={classes.note} role="alert">
            {messageOf(query.error)}{' '}
            <Anchor component="button" inherit onClick={() => void query.refetch()}>
              Try again
            </Anchor>
          </Text>
        )}
        {query.data?.length === 0 && (
          <Text size="sm" c="dimmed" className={classes.note}>
            You have not run anything yet. Pick an action under Self-service.
          </Text>
        )}
        <Stack gap={2} role="list" className={classes.list}>
          {runs.map((run) => (
            <Row key={run.id} run={run} onFollow={() => setOpened(false)} />
          ))}
        </Stack>
        <div className={classes.foot}>
          <Anchor
            size="sm"
            onClick={() => setOpened(false)}
            renderRoot={(props) => <Link to="/runs" search={{ user: user.email }} {...props} />}
          >
            My run history
          </Anchor>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function Row({ run, onFollow }: { run: Run; onFollow: () => void }) {
  return (
    <div role="listitem">
      <UnstyledButton
        className={classes.row}
        onClick={onFollow}
        renderRoot={(props) => <Link to="/organization/run" search={{ runId: run.id }} {...props} />}
      >
        <Group gap="sm" wrap="nowrap">
          <ItemIcon name={run.action.icon} title={runTitle(run)} size={30} />
          <div style={{ minWidth: 0, flex: 1 }}>
            <Text size="sm" fw={550} truncate>
              {runTitle(run)}
            </Text>
            <Text size="xs" c="dimmed" truncate>
              {run.entity ? `${run.entity.title || run.entity.identifier} · ` : ''}
              <When at={run.createdAt} />
            </Text>
          </div>
          <StatusChip status={run.status} label={run.statusLabel} size="sm" />
        </Group>
      </UnstyledButton>
    </div>
  );
}

/** Tells once when a run that was under way has ended. */
function useEndNotices(runs: Run[] | undefined): void {
  const underWay = useRef(new Set<string>());
  useEffect(() => {
    for (const run of runs ?? []) {
      if (!isOver(run)) underWay.current.add(run.id);
      else if (underWay.current.delete(run.id)) notifyEnd(run);
    }
  }, [runs]);
}

function notifyEnd(run: Run): void {
  notifications.hide(`started-${run.id}`);
  // Whoever looks at the run has seen it end.
  if (window.location.search.includes(`runId=${run.id}`)) return;
  notifications.show({
    color: run.status === 'SUCCESS' ? 'green' : 'red',
    title: `${runTitle(run)}: ${statusText(run.status).toLowerCase()}`,
    message: <RunLink id={run.id}>View the run</RunLink>,
    autoClose: 8000,
  });
}
