/** All runs one may see, newest first, under filters that live in the address. */
import { useMemo } from 'react';
import { Button, Group, Select, Switch, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, getRouteApi } from '@tanstack/react-router';
import type { Run, RunStatus } from '@/api/types';
import { PageHeader } from '@/components/PageHeader';
import { EmptyState } from '@/components/QueryStates';
import { statusText } from '@/components/StatusChip';
import { titleOf } from '@/features/self-service/operation';
import { actionsQuery } from '@/features/self-service/queries';
import { useUser } from '@/features/session/queries';
import { RunList } from './RunList';

const route = getRouteApi('/shell/runs');
const STATUSES: RunStatus[] = ['IN_PROGRESS', 'WAITING_FOR_APPROVAL', 'SUCCESS', 'FAILURE', 'DECLINED'];

export function RunsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const user = useUser();
  const actions = useQuery(actionsQuery);
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (previous) => ({ ...previous, ...change }), replace: true });
  const setEntity = useDebouncedCallback((entity: string) => set({ entity: entity.trim() || undefined }), 300);

  const { status, mine, action, blueprint, entity } = search;
  const only = useMemo(() => (status ? (run: Run) => run.status === status : undefined), [status]);
  const filtered = Boolean(status || mine || action || blueprint || entity);

  return (
    <>
      <PageHeader title="Runs" description="Every execution of an action, newest first." />
      <Group mb="md" gap="sm" align="flex-end" role="search" aria-label="Filter runs">
        <Select
          label="Action"
          placeholder="Any"
          clearable
          searchable
          w={{ base: '100%', xs: 220 }}
          data={(actions.data ?? []).map((each) => ({ value: each.identifier, label: titleOf(each) }))}
          value={action ?? null}
          onChange={(value) => set({ action: value ?? undefined })}
        />
        <Select
          label="Status"
          placeholder="Any"
          clearable
          w={{ base: '100%', xs: 200 }}
          data={STATUSES.map((value) => ({ value, label: statusText(value) }))}
          value={status ?? null}
          onChange={(value) => set({ status: (value as RunStatus | null) ?? undefined })}
        />
        <TextInput
          label="Entity"
          placeholder="Identifier"
          w={{ base: '100%', xs: 180 }}
          defaultValue={entity ?? ''}
          onChange={(event) => setEntity(event.currentTarget.value)}
        />
        <Switch
          label="Only mine"
          mb={8}
          checked={mine === true}
          onChange={(event) => set({ mine: event.currentTarget.checked || undefined })}
        />
      </Group>
      <RunList
        filters={{ action, blueprint, entity, userEmail: mine ? user.email : undefined }}
        only={only}
        empty={filtered ? <NoneFits onClear={() => void navigate({ search: {} })} /> : <NoneYet />}
      />
    </>
  );
}

function NoneYet() {
  return (
    <EmptyState
      icon={IconHistory}
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
      title="No run fits these filters"
      action={
        <Button variant="light" onClick={onClear}>
          Clear the filters
        </Button>
      }
    />
  );
}
