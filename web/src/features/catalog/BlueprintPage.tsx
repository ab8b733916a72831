/** One blueprint: its head, and the table of its entities. */
import { useMemo } from 'react';
import { Anchor, Breadcrumbs, Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, getRouteApi } from '@tanstack/react-router';
import { isNotFound } from '@/api/errors';
import type { Action } from '@/api/types';
import { ItemIcon } from '@/components/ItemIcon';
import { PageHeader } from '@/components/PageHeader';
import { EmptyState, ErrorState, PageSkeleton } from '@/components/QueryStates';
import { scorecardsQuery } from '@/features/scorecards/queries';
import { actionTitle, actionsQuery } from '@/features/self-service/queries';
import { EntityTable } from './EntityTable';
import { fieldsOf } from './fields';
import { blueprintQuery, useBlueprints } from './queries';

const route = getRouteApi('/portal/catalog/$blueprint');

export function BlueprintPage() {
  const { blueprint: identifier } = route.useParams();
  const blueprint = useQuery(blueprintQuery(identifier));
  const blueprints = useBlueprints();
  const scorecards = useQuery(scorecardsQuery(identifier));
  const creates = (useQuery(actionsQuery).data ?? []).filter(
    (action) =>
      action.publish !== false &&
      action.trigger.operation === 'CREATE' &&
      action.trigger.blueprintIdentifier === identifier,
  );
  const fields = useMemo(
    () => blueprint.data && fieldsOf(blueprint.data, blueprints, scorecards.data ?? []),
    [blueprint.data, blueprints, scorecards.data],
  );
  if (!blueprint.data && isNotFound(blueprint.error)) return <NoBlueprint identifier={identifier} />;
  if (!blueprint.data && blueprint.error) {
    return <ErrorState page error={blueprint.error} title="The blueprint could not be loaded" onRetry={() => void blueprint.refetch()} />;
  }
  if (!blueprint.data || !fields || scorecards.isPending) return <PageSkeleton rows={8} label="Loading the blueprint" />;
  const title = blueprint.data.title || identifier;
  return (
    <>
      <PageHeader
        title={title}
        icon={<ItemIcon name={blueprint.data.icon} title={title} size={44} />}
        description={blueprint.data.description}
        breadcrumb={
          <Breadcrumbs aria-label="Breadcrumb" component="nav" fz="sm">
            <Anchor inherit renderRoot={(props) => <Link to="/catalog" {...props} />}>
              Catalog
            </Anchor>
            <Text inherit c="dimmed" aria-current="page">
              {title}
            </Text>
          </Breadcrumbs>
        }
        actions={creates.map((action) => (
          <CreateButton key={action.identifier} action={action} blueprint={identifier} />
        ))}
      />
      {/* A table keeps what is half entered; that of another blueprint is another table. */}
      <EntityTable key={identifier} blueprint={blueprint.data} fields={fields} scorecards={scorecards.data ?? []} creatable={creates.length > 0} />
    </>
  );
}

function NoBlueprint({ identifier }: { identifier: string }) {
  return (
    <EmptyState page title="There is no such blueprint" action={<Button variant="light" renderRoot={(props) => <Link to="/catalog" {...props} />}>See the catalog</Button>}>
      {identifier} is not in the catalog; it may have been deleted or renamed.
    </EmptyState>
  );
}

function CreateButton({ action, blueprint }: { action: Action; blueprint: string }) {
  return (
    <Button
      title={actionTitle(action)}
      maw={280}
      renderRoot={(props) => (
        <Link
          to="/catalog/$blueprint"
          params={{ blueprint }}
          search={(previous) => ({ ...previous, execute: action.identifier, target: undefined, from: undefined })}
          {...props}
        />
      )}
    >
      <span className="lb-cut">{actionTitle(action)}</span>
    </Button>
  );
}
