/** One entity: what it is, what ran on it, what changed it, and the actions it offers. */
import { Anchor, Breadcrumbs, Button, Tabs, Text } from '@mantine/core';
import { IconAffiliate, IconAward, IconHistory, IconInfoCircle, IconPlayerPlay, IconZoomQuestion } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, getRouteApi } from '@tanstack/react-router';
import { isNotFound } from '@/api/errors';
import type { Blueprint, Entity } from '@/api/types';
import { ItemIcon } from '@/components/ItemIcon';
import { PageHeader } from '@/components/PageHeader';
import { EmptyState, ErrorState, PageSkeleton } from '@/components/QueryStates';
import { TabList } from '@/components/TabList';
import { AuditList } from '@/features/audit/AuditList';
import { auditQuery } from '@/features/audit/queries';
import { blueprintQuery } from '@/features/catalog/queries';
import { runsQuery } from '@/features/runs/queries';
import { RunsTable } from '@/features/runs/RunsTable';
import { EntityScorecards, LevelBadges } from '@/features/scorecards/EntityScorecards';
import { EntityActions } from './EntityActions';
import { EntityOverview } from './EntityOverview';
import { entityQuery, entityTitle } from './queries';
import { RelatedEntities } from './RelatedEntities';

const route = getRouteApi('/portal/entities/$blueprint/$entity');

/** The tabs that need the entity; runs and the audit log outlive it. */
const SHOWING_IT = [
  { tab: 'overview', show: EntityOverview },
  { tab: 'related', show: RelatedEntities },
  { tab: 'scorecards', show: EntityScorecards },
];

export function EntityPage() {
  const { blueprint, entity } = route.useParams();
  const { tab = 'overview' } = route.useSearch();
  const navigate = route.useNavigate();
  const schema = useQuery(blueprintQuery(blueprint));
  const found = useQuery(entityQuery(blueprint, entity));
  const error = schema.error ?? found.error;
  const missing = isNotFound(error);
  if (error && !missing && !(schema.data && found.data)) {
    const retry = () => {
      void schema.refetch();
      void found.refetch();
    };
    return <ErrorState page error={error} title="The entity could not be loaded" onRetry={retry} />;
  }
  if (!missing && !(schema.data && found.data)) return <PageSkeleton rows={7} label="Loading the entity" />;
  return (
    <>
      <Head blueprint={blueprint} entity={entity} schema={schema.data} found={missing ? undefined : found.data} />
      <Tabs
        value={tab}
        onChange={(next) => void navigate({ search: (previous) => ({ ...previous, tab: next ?? undefined, event: undefined }), replace: true })}
        keepMounted={false}
      >
        <TabList value={tab}>
          <Tabs.Tab value="overview" leftSection={<IconInfoCircle size={16} />}>
            Overview
          </Tabs.Tab>
          <Tabs.Tab value="related" leftSection={<IconAffiliate size={16} />}>
            Related
          </Tabs.Tab>
          <Tabs.Tab value="scorecards" leftSection={<IconAward size={16} />}>
            Scorecards
          </Tabs.Tab>
          <Tabs.Tab value="runs" leftSection={<IconPlayerPlay size={16} />}>
            Runs
          </Tabs.Tab>
          <Tabs.Tab value="audit" leftSection={<IconHistory size={16} />}>
            Audit log
          </Tabs.Tab>
        </TabList>
        {SHOWING_IT.map(({ tab: value, show: Panel }) => (
          <Tabs.Panel key={value} value={value}>
            {schema.data && found.data && !missing ? (
              <Panel blueprint={schema.data} entity={found.data} />
            ) : (
              <Missing blueprint={blueprint} schema={schema.data} entity={entity} />
            )}
          </Tabs.Panel>
        ))}
        <Tabs.Panel value="runs">
          <EntityRuns blueprint={blueprint} entity={entity} />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <EntityAudit blueprint={blueprint} entity={entity} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

interface Names {
  blueprint: string;
  entity: string;
}

function Head({ blueprint, entity, schema, found }: Names & { schema?: Blueprint; found?: Entity }) {
  const title = found ? entityTitle(found) : entity;
  return (
    <PageHeader
      title={title}
      icon={<ItemIcon name={found?.icon ?? schema?.icon} title={title} size={44} />}
      badge={found && <LevelBadges entity={found} />}
      description={title === entity ? undefined : <span className="lb-mono">{entity}</span>}
      breadcrumb={
        <Breadcrumbs aria-label="Breadcrumb" component="nav" fz="sm" style={{ flexWrap: 'wrap' }}>
          <Anchor inherit renderRoot={(props) => <Link to="/catalog" {...props} />}>
            Catalog
          </Anchor>
          <Anchor inherit renderRoot={(props) => <Link to="/catalog/$blueprint" params={{ blueprint }} {...props} />}>
            {schema?.title ?? blueprint}
          </Anchor>
          <Text inherit c="dimmed" aria-current="page">
            {title}
          </Text>
        </Breadcrumbs>
      }
      actions={found && <EntityActions blueprint={blueprint} entity={entity} />}
    />
  );
}

function Missing({ blueprint, schema, entity }: Names & { schema?: Blueprint }) {
  if (!schema) {
    return (
      <EmptyState
        title="There is no such blueprint"
        icon={IconZoomQuestion}
        action={
          <Button variant="light" renderRoot={(props) => <Link to="/catalog" {...props} />}>
            See the catalog
          </Button>
        }
      >
        {blueprint} is not in the catalog, and so {entity} is not; it may have been deleted or renamed. Its runs and its audit log are kept.
      </EmptyState>
    );
  }
  const title = schema.title || blueprint;
  return (
    <EmptyState
      title="There is no such entity"
      icon={IconZoomQuestion}
      action={
        <Button variant="light" maw="100%" renderRoot={(props) => <Link to="/catalog/$blueprint" params={{ blueprint }} {...props} />}>
          <span className="lb-cut">See all of {title}</span>
        </Button>
      }
    >
      {entity} is not in {title}; it may have been deleted. Its runs and its audit log are kept.
    </EmptyState>
  );
}

function EntityRuns({ blueprint, entity }: Names) {
  const runs = useInfiniteQuery(runsQuery({ blueprint, entity }));
  return (
    <RunsTable
      runs={runs}
      showEntity={false}
      empty={
        <EmptyState title="Nothing has run on this entity" icon={IconPlayerPlay}>
          Press one of its action buttons above; the run is listed here.
        </EmptyState>
      }
    />
  );
}

function EntityAudit({ blueprint, entity }: Names) {
  const { event } = route.useSearch();
  const navigate = route.useNavigate();
  const events = useInfiniteQuery(auditQuery({ blueprint, entity, resources: 'entity' }));
  return (
    <AuditList
      events={events}
      label="Changes of the entity"
      opened={event}
      onOpen={(identifier) => void navigate({ search: (previous) => ({ ...previous, event: identifier }), replace: true })}
      empty={{ icon: IconHistory, title: 'No change is recorded', text: 'Every change from now on appears here with its before and after.' }}
    />
  );
}
