/** All runs one may see, newest first, under filters that live in the address. */
import { Button, Group, Select, Switch } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, getRouteApi } from '@tanstack/react-router';
import type { RunStatus } from '@/api/types';
import { PageHeader } from '@/components/PageHeader';
import { EmptyState } from '@/components/QueryStates';
import { statusText } from '@/components/StatusChip';
import { TypedFilter } from '@/components/TypedFilter';
import { actionTitle, actionsQuery } from '@/features/self-service/queries';
import { useUser } from '@/features/session/queries';
import { runsQuery } from './queries';
import { RunsTable } from './RunsTable';

const route = getRouteApi('/portal/runs');
const STATUSES: RunStatus[] = ['IN_PROGRESS', 'WAITING_FOR_APPROVAL', 'SUCCESS', 'FAILURE', 'DECLINED'];

export function RunsPage() {
  const { status, action, blueprint, entity, source, user, active } = route.useSearch();
  const navigate = route.useNavigate();
  const runs = useInfiniteQuery(runsQuery({ status, action, blueprint, entity, source, user, active }));
  const filtered = Boolean(status || action || blueprint || entity || source || user || active);
  const clear = () => void navigate({ search: {}, replace: true });

  return (
    <>
      <PageHeader title="Runs" description="Every execution of an action, newest first." />
      <Filters onClear={filtered ? clear : undefined} />
      <RunsTable runs={runs} empty={filtered ? <NoneFits onClear={clear} /> : <NoneYet />} />
    </>
  );
}

function Filters({ onClear }: { onClear?: () => void }) {
  const { status, action, entity, user } = route.useSearch();
  const navigate = route.useNavigate();
  const me = useUser();
  const actions = useQuery(actionsQuery);
  const change = (part: Record<string, string | undefined>) =>
    void navigate({ search: (previous) => ({ ...previous, ...part }), replace: true });
  return (
    <Group mb="md" gap="sm" role="search" aria-label="Filter the runs">
      <Select
        aria-label="Action"
        placeholder="Any action"
        clearable
        searchable
        w={{ base: 'calc(50% - 6px)', xs: 220 }}
        data={(actions.data ?? []).map((each) => ({ value: each.identifier, label: actionTitle(each) }))}
        value={action ?? null}
        onChange={(value) => change({ action: value ?? undefined })}
      />
      <Select
        aria-label="Status"
        placeholder="Any status"
        clearable
        w={{ base: 'calc(50% - 6px)', xs: 190 }}
        data={STATUSES.map((value) => ({ value, label: statusText(value) }))}
        value={status ?? null}
        onChange={(value) => change({ status: value ?? undefined })}
      />
      <TypedFilter
        aria-label="Entity"
        placeholder="Entity identifier"
        w={{ base: 'calc(50% - 6px)', xs: 190 }}
        value={entity}
        onChange={(value) => change({ entity: value })}
      />
      <Switch
        label="Only mine"
        checked={user === me.email}
        onChange={(event) => change({ user: event.currentTarget.checked ? me.email : undefined })}
      />
      {onClear && (
        <Button variant="subtle" size="compact-sm" onClick={onClear}>
          Clear
        </Button>
      )}
    </Group>
  );
}

function NoneYet() {
  return (
    <EmptyState
      icon={IconPlayerPlay}
      title="Nothing has run yet"
      action={<Button renderRoot={(props) => <Link to="/self-serve" {...props} />}>Choose an action</Button>}
    >
      Execute an action, and its run appears here, live.
    </EmptyState>
  );
}

function NoneFits({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState
      title="No run matches"
      action={
        <Button variant="light" onClick={onClear}>
          Show all runs
        </Button>
      }
    >
      Take a filter away to see more.
    </EmptyState>
  );
}
