/** The audit log of the organization: changes, and runs. */
import { Button, Group, Select, Tabs } from '@mantine/core';
import { IconHistory, IconPlayerPlay } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '@/components/PageHeader';
import { EmptyState } from '@/components/QueryStates';
import { TabList } from '@/components/TabList';
import { TypedFilter } from '@/components/TypedFilter';
import { runsQuery } from '@/features/runs/queries';
import { RunsTable } from '@/features/runs/RunsTable';
import { AuditList } from './AuditList';
import { auditQuery } from './queries';

const route = getRouteApi('/portal/settings/AuditLog');

export function AuditPage() {
  const { tab = 'changes' } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <PageHeader title="Audit log" description="Who did what, when and from where, with before and after." />
      <Tabs value={tab} onChange={(next) => void navigate({ search: { tab: next ?? undefined } })} keepMounted={false}>
        <TabList value={tab}>
          <Tabs.Tab value="changes" leftSection={<IconHistory size={16} />}>
            Changes
          </Tabs.Tab>
          <Tabs.Tab value="runs" leftSection={<IconPlayerPlay size={16} />}>
            Runs
          </Tabs.Tab>
        </TabList>
        <Tabs.Panel value="changes">
          <Changes />
        </Tabs.Panel>
        <Tabs.Panel value="runs">
          <AllRuns />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Changes() {
  const { event, resource, action, status, blueprint, entity, run } = route.useSearch();
  const navigate = route.useNavigate();
  const events = useInfiniteQuery(auditQuery({ resources: resource, action, status, blueprint, entity, run_id: run }));
  const change = (part: Record<string, string | undefined>) =>
    void navigate({ search: (previous) => ({ ...previous, ...part }), replace: true });
  const filtered = Boolean(resource || action || status || blueprint || entity || run);
  const clear = () => void navigate({ search: { tab: 'changes' }, replace: true });
  return (
    <>
      <Group gap="sm" mb="md" role="search" aria-label="Filter the changes">
        <Choice label="Resource" data={RESOURCES} value={resource} onChange={(value) => change({ resource: value })} />
        <Choice label="Operation" data={OPERATIONS} value={action} onChange={(value) => change({ action: value })} />
        <Choice label="Outcome" data={OUTCOMES} value={status} onChange={(value) => change({ status: value })} />
        <Typed label="Blueprint" value={blueprint} onChange={(value) => change({ blueprint: value })} />
        <Typed label="Entity" value={entity} onChange={(value) => change({ entity: value })} />
        <Typed label="Run" value={run} onChange={(value) => change({ run: value })} />
        {filtered && (
          <Button variant="subtle" size="compact-sm" onClick={clear}>
            Clear
          </Button>
        )}
      </Group>
      <AuditList
        events={events}
        label="Changes"
        opened={event}
        onOpen={(identifier) => change({ event: identifier })}
        empty={
          filtered
            ? { title: 'No change matches', text: 'Take a filter away to see more.' }
            : { icon: IconHistory, title: 'Nothing has changed yet', text: 'Every change by people, machines and actions is recorded here.' }
        }
      />
    </>
  );
}

const RESOURCES = ['entity', 'run', 'action', 'blueprint', 'scorecard', 'secret', 'user', 'session', 'app', 'organization'];
const OPERATIONS = [
  { value: 'CREATE', label: 'Create' },
  { value: 'UPDATE', label: 'Update' },
  { value: 'DELETE', label: 'Delete' },
];
const OUTCOMES = [
  { value: 'SUCCESS', label: 'Success' },
  { value: 'FAILURE', label: 'Failure' },
];

interface FilterProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

function Choice({ label, data, value, onChange }: FilterProps & { data: (string | { value: string; label: string })[] }) {
  return (
    <Select
      aria-label={label}
      placeholder={label}
      clearable
      data={data}
      value={value ?? null}
      onChange={(next) => onChange(next ?? undefined)}
      w={{ base: 'calc(50% - 6px)', xs: 140 }}
    />
  );
}

function Typed({ label, value, onChange }: FilterProps) {
  return <TypedFilter aria-label={label} placeholder={label} value={value} onChange={onChange} w={{ base: 'calc(50% - 6px)', xs: 140 }} />;
}

function AllRuns() {
  const runs = useInfiniteQuery(runsQuery({}));
  return (
    <RunsTable
      runs={runs}
      empty={
        <EmptyState title="Nothing has run yet" icon={IconPlayerPlay}>
          Execute an action on the self-service page; its run is listed here for good.
        </EmptyState>
      }
    />
  );
}
