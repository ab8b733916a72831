/** One run, live: what it is, how it stands, its log, what it changed and how it was delivered. */
import { Alert, Badge, Button, Card, Grid, Tabs, Text } from '@mantine/core';
import { IconListDetails, IconRefresh, IconSend, IconStack2, IconTerminal2 } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, getRouteApi } from '@tanstack/react-router';
import { isNotFound } from '@/api/errors';
import type { Run } from '@/api/types';
import { ItemIcon } from '@/components/ItemIcon';
import { PageHeader } from '@/components/PageHeader';
import { EmptyState, ErrorState, PageSkeleton } from '@/components/QueryStates';
import { TabList } from '@/components/TabList';
import { StatusChip, statusText } from '@/components/StatusChip';
import { auditQuery } from '@/features/audit/queries';
import { actionsQuery } from '@/features/self-service/queries';
import { AffectedEntities } from './AffectedEntities';
import { Deliveries } from './Deliveries';
import { DeliveryNotice } from './DeliveryNotice';
import { LogView } from './LogView';
import { isOver, runQuery } from './queries';
import { RunBreadcrumb } from './RunBreadcrumb';
import { RunDetails, RunInputs } from './RunDetails';
import { RunLinks } from './RunLinks';
import { RunSummary } from './RunSummary';
import { runTitle } from './RunFacts';
import { type RunStream, useRunStream } from './useRunStream';

const route = getRouteApi('/portal/organization/run');

export function RunPage() {
  const { runId } = route.useSearch();
  if (!runId) {
    return (
      <EmptyState
        page
        title="Which run?"
        action={<Button renderRoot={(props) => <Link to="/runs" {...props} />}>Show all runs</Button>}
      >
        The address names no run.
      </EmptyState>
    );
  }
  return <LoadedRun key={runId} runId={runId} />;
}

function LoadedRun({ runId }: { runId: string }) {
  const query = useQuery(runQuery(runId));
  if (query.isPending) return <PageSkeleton rows={5} height={70} label="Loading the run" />;
  if (query.error && !query.data) {
    if (!isNotFound(query.error)) return <ErrorState page error={query.error} title="The run could not be loaded" onRetry={() => void query.refetch()} />;
    return (
      <EmptyState
        page
        title="There is no such run"
        action={<Button renderRoot={(props) => <Link to="/runs" {...props} />}>Show all runs</Button>}
      >
        {`Nothing is known of "${runId}", or you may not see it.`}
      </EmptyState>
    );
  }
  return <LiveRun run={query.data} />;
}

function LiveRun({ run }: { run: Run }) {
  const stream = useRunStream(run.id);
  return (
    <article aria-label={`Run ${run.id}`} data-status={run.status}>
      <PageHeader
        breadcrumb={<RunBreadcrumb run={run} />}
        icon={<ItemIcon name={run.action.icon} title={runTitle(run)} size={46} />}
        title={runTitle(run)}
        // Whoever waits for a run does so from another tab.
        tab={`${statusText(run.status)}: ${runTitle(run)}`}
        badge={<StatusChip status={run.status} label={run.statusLabel} size="lg" />}
        actions={<RerunButton run={run} />}
      />
      {run.status === 'WAITING_FOR_APPROVAL' && (
        <Alert color="orange" mb="md" title="Waiting for approval">
          Nothing has been sent yet. The run starts as soon as it is approved.
        </Alert>
      )}
      {run.status === 'IN_PROGRESS' && stream.lines.length === 0 && <DeliveryNotice runId={run.id} stream={stream.state} />}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <RunTabs run={run} stream={stream} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Card>
            <RunSummary run={run} />
          </Card>
          <RunLinks link={run.link} />
          <RunInputs run={run} />
        </Grid.Col>
      </Grid>
    </article>
  );
}

function RunTabs({ run, stream }: { run: Run; stream: RunStream }) {
  const { tab = 'logs', q = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const affected = useInfiniteQuery(auditQuery({ run_id: run.id, resources: 'entity' }));
  const count = affected.data?.pages.reduce((sum, page) => sum + page.audits.length, 0) ?? 0;
  const open = !isOver(run);
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(next) =>
        void navigate({ search: (previous) => ({ ...previous, tab: next === 'logs' ? undefined : (next ?? undefined) }), replace: true })
      }
    >
      <TabList value={tab}>
        <Tabs.Tab value="logs" leftSection={<IconTerminal2 size={17} />}>
          Log stream
        </Tabs.Tab>
        <Tabs.Tab value="entities" leftSection={<IconStack2 size={17} />} rightSection={count > 0 ? <Badge size="sm">{affected.hasNextPage ? `${count}+` : count}</Badge> : null}>
          Affected entities
        </Tabs.Tab>
        <Tabs.Tab value="delivery" leftSection={<IconSend size={17} />}>
          Delivery
        </Tabs.Tab>
        <Tabs.Tab value="details" leftSection={<IconListDetails size={17} />}>
          Payload
        </Tabs.Tab>
      </TabList>
      <Tabs.Panel value="logs">
        <LogView
          runId={run.id}
          stream={stream}
          open={open}
          search={q}
          onSearch={(text) =>
            void navigate({ search: (previous) => ({ ...previous, q: text || undefined }), replace: true })
          }
        />
      </Tabs.Panel>
      <Tabs.Panel value="entities">
        <AffectedEntities events={affected} open={open} />
      </Tabs.Panel>
      <Tabs.Panel value="delivery">
        <Deliveries runId={run.id} stream={stream.state} open={open} />
      </Tabs.Panel>
      <Tabs.Panel value="details">
        <RunDetails run={run} />
      </Tabs.Panel>
    </Tabs>
  );
}

function RerunButton({ run }: { run: Run }) {
  const actions = useQuery(actionsQuery);
  const known = actions.data?.some((action) => action.identifier === run.action.identifier);
  const gone = run.action.deleted || (actions.data !== undefined && !known);
  if (gone) {
    return (
      <>
        <Text size="sm" c="dimmed">
          The action has been deleted.
        </Text>
        <Button variant="default" disabled leftSection={<IconRefresh size={17} />}>
          Re-run action
        </Button>
      </>
    );
  }
  return (
    <Button
      variant="default"
      leftSection={<IconRefresh size={17} />}
      renderRoot={(props) => (
        <Link
          to="/organization/run"
          search={(previous) => ({ ...previous, runId: run.id, execute: run.action.identifier, from: run.id })}
          {...props}
        />
      )}
    >
      Re-run action
    </Button>
  );
}
