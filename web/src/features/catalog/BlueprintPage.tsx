/** The entities of one blueprint as a table: search and order in the address, rows drawn in parts. */
import { useDeferredValue, useMemo, useState } from 'react';
import { Anchor, Breadcrumbs, Button, Card, Group, Table, Text, TextInput, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconSearch, IconSearchOff, IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, getRouteApi } from '@tanstack/react-router';
import type { Action, Blueprint, Entity } from '@/api/types';
import { EntityLink } from '@/components/EntityLink';
import { ItemIcon } from '@/components/ItemIcon';
import { PageHeader } from '@/components/PageHeader';
import { EmptyState, ErrorState, ListSkeleton } from '@/components/QueryStates';
import { Value } from '@/components/Value';
import { When } from '@/components/When';
import { entitiesQuery } from '@/features/entities/queries';
import { actionTitle, actionsQuery } from '@/features/self-service/queries';
import { columnsOf, shownEntities } from './entityTable';
import { blueprintQuery } from './queries';
import classes from './BlueprintPage.module.css';

const route = getRouteApi('/portal/catalog/$blueprint');
const CHUNK = 100;

export function BlueprintPage() {
  const { blueprint: identifier } = route.useParams();
  const blueprint = useQuery(blueprintQuery(identifier));
  const entities = useQuery(entitiesQuery(identifier));
  const creates = (useQuery(actionsQuery).data ?? []).filter(
    (action) =>
      action.publish !== false &&
      action.trigger.operation === 'CREATE' &&
      action.trigger.blueprintIdentifier === identifier,
  );
  const error = (blueprint.data ? null : blueprint.error) ?? (entities.data ? null : entities.error);
  if (error) {
    const retry = () => {
      void blueprint.refetch();
      void entities.refetch();
    };
    return <ErrorState error={error} title="The blueprint could not be loaded" onRetry={retry} />;
  }
  if (!blueprint.data || !entities.data) return <ListSkeleton rows={8} label="Loading the entities" />;
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
      {entities.data.length === 0 ? (
        <EmptyState title={`There is no ${title} yet`} icon={IconStack2}>
          {creates.length > 0
            ? 'Create the first with the button above, or write it with the API.'
            : `Write the first with POST /v1/blueprints/${identifier}/entities.`}
        </EmptyState>
      ) : (
        <EntityTable blueprint={blueprint.data} entities={entities.data} />
      )}
    </>
  );
}

function CreateButton({ action, blueprint }: { action: Action; blueprint: string }) {
  return (
    <Button
      renderRoot={(props) => (
        <Link
          to="/catalog/$blueprint"
          params={{ blueprint }}
          search={(previous) => ({ ...previous, execute: action.identifier, target: undefined, from: undefined })}
          {...props}
        />
      )}
    >
      {actionTitle(action)}
    </Button>
  );
}

function EntityTable({ blueprint, entities }: { blueprint: Blueprint; entities: Entity[] }) {
  const { q = '', sort, dir = 'asc' } = route.useSearch();
  const navigate = route.useNavigate();
  const search = useDeferredValue(q);
  const [limit, setLimit] = useState(CHUNK);
  const columns = useMemo(() => columnsOf(blueprint), [blueprint]);
  const rows = useMemo(() => shownEntities(entities, columns, search, sort, dir), [entities, columns, search, sort, dir]);
  const order = (id: string) =>
    void navigate({
      search: (previous) => ({ ...previous, sort: id, dir: sort === id && dir === 'asc' ? 'desc' : undefined }),
      replace: true,
    });
  return (
    <>
      <Group justify="space-between" mb="md">
        <TextInput
          type="search"
          aria-label="Search entities"
          placeholder="Search"
          leftSection={<IconSearch size={16} />}
          value={q}
          onChange={(event) => {
            const text = event.currentTarget.value || undefined;
            void navigate({ search: (previous) => ({ ...previous, q: text }), replace: true });
          }}
          style={{ flex: '1 1 220px', maxWidth: 360 }}
        />
        <Text size="sm" c="dimmed" role="status">
          {rows.length === entities.length ? entities.length : `${rows.length} of ${entities.length}`} entities
        </Text>
      </Group>
      {rows.length === 0 ? (
        <EmptyState title="No entity matches" icon={IconSearchOff}>
          Try fewer letters.
        </EmptyState>
      ) : (
        <Card padding={0}>
          <Table.ScrollContainer minWidth={640}>
            <Table aria-label={`Entities of ${blueprint.title}`} highlightOnHover verticalSpacing="sm" horizontalSpacing="md">
              <Table.Thead>
                <Table.Tr>
                  {columns.map((column) => {
                    const sorted = column.id === (sort ?? '$title');
                    return (
                      <Table.Th key={column.id} aria-sort={sorted ? (dir === 'desc' ? 'descending' : 'ascending') : 'none'}>
                        <UnstyledButton onClick={() => order(column.id)} fw={650} fz="sm" style={{ whiteSpace: 'nowrap' }}>
                          {column.title} {sorted && (dir === 'desc' ? <IconArrowDown size={13} aria-hidden /> : <IconArrowUp size={13} aria-hidden />)}
                        </UnstyledButton>
                      </Table.Th>
                    );
                  })}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.slice(0, limit).map((entity) => (
                  <Table.Tr key={entity.identifier}>
                    {columns.map((column) => (
                      <Table.Td key={column.id} maw={280} className={classes.cell}>
                        {column.id === '$title' ? (
                          <EntityLink blueprint={blueprint.identifier} identifier={entity.identifier} title={entity.title} />
                        ) : column.id === '$updatedAt' ? (
                          <When at={entity.updatedAt} />
                        ) : (
                          <Value value={column.value(entity)} schema={column.schema} />
                        )}
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Card>
      )}
      {rows.length > limit && (
        <Group justify="center" mt="md">
          <Button variant="default" onClick={() => setLimit(limit + CHUNK)}>
            Show more
          </Button>
        </Group>
      )}
    </>
  );
}
