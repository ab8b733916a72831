/**
 * The entities of a blueprint: the server filters, orders and pages; what is asked for lives in the address, so that a
 * table can be shared. Rows are fetched as they are wanted.
 */
import { memo, useMemo } from 'react';
import { Button, Card, Group, Table, Text, UnstyledButton } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconArrowDown, IconArrowUp, IconArrowsSort, IconSearchOff, IconStack2 } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Blueprint, Entity, Scorecard } from '@/api/types';
import { EntityLink } from '@/components/EntityLink';
import { MoreButton } from '@/components/MoreButton';
import { EmptyState, ErrorState, ListSkeleton } from '@/components/QueryStates';
import { Value } from '@/components/Value';
import { entitiesQuery, entityCountQuery, type Order } from '@/features/entities/queries';
import { LevelBadge } from '@/features/scorecards/LevelBadge';
import { type Field, columnsOf } from './fields';
import { fieldOf, isComplete, parseFilters, queryFor } from './filters';
import { TableToolbar } from './TableToolbar';
import classes from './EntityTable.module.css';

const route = getRouteApi('/portal/catalog/$blueprint');

/** A long table moves below its head, and its scrollbars stay in sight; on a phone the page scrolls. */
const HEIGHT = 'max(420px, calc(100dvh - 310px))';
const SCROLLS = { type: 'auto', viewportProps: { tabIndex: 0, role: 'region', 'aria-label': 'Entities, scrolls' } } as const;

interface Props {
  blueprint: Blueprint;
  fields: Field[];
  scorecards: Scorecard[];
  /** Whether there is a button that makes the first entity. */
  creatable: boolean;
}

export function EntityTable({ blueprint, fields, scorecards, creatable }: Props) {
  const { q = '', sort, dir = 'asc', filters: printed, match, columns: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const narrow = useMediaQuery('(max-width: 48em)');
  const filters = useMemo(() => parseFilters(printed).filter((filter) => isComplete(filter, fieldOf(fields, filter.field))), [printed, fields]);
  const columns = useMemo(() => columnsOf(chosen, fields), [chosen, fields]);
  const query = useMemo(() => queryFor({ filters, any: match === 'any', words: q }, fields), [filters, match, q, fields]);
  const order = useMemo(() => orderOf(sort, dir, fields), [sort, dir, fields]);
  const pages = useInfiniteQuery(entitiesQuery(blueprint.identifier, query, order));
  const count = useQuery(entityCountQuery(blueprint.identifier, query));
  const rows = useMemo(() => withoutRepeats(pages.data?.pages.flatMap((page) => page.entities) ?? []), [pages.data]);

  const sortBy = (id: string) => {
    const next = sort !== id ? { sort: id, dir: undefined } : dir === 'asc' ? { sort: id, dir: 'desc' } : { sort: undefined, dir: undefined };
    void navigate({ search: (previous) => ({ ...previous, ...next }), replace: true });
  };
  const clear = () =>
    void navigate({ search: (previous) => ({ ...previous, q: undefined, filters: undefined, match: undefined, sort: undefined, dir: undefined }), replace: true });

  return (
    <>
      <TableToolbar fields={fields} columns={columns} filters={filters} count={count.data} />
      {pages.isError && !pages.data ? (
        <>
          <ErrorState error={pages.error} title="The entities could not be loaded" onRetry={() => void pages.refetch()} />
          {(query ?? order) && (
            <Group justify="center">
              <Button variant="subtle" onClick={clear}>
                Clear filters and order
              </Button>
            </Group>
          )}
        </>
      ) : !pages.data ? (
        <ListSkeleton rows={8} label="Loading the entities" />
      ) : rows.length === 0 ? (
        query ? (
          <EmptyState title="No entity matches" icon={IconSearchOff} action={<Button variant="light" onClick={clear}>Show all</Button>}>
            Take a filter away, or look for fewer letters.
          </EmptyState>
        ) : (
          <EmptyState title={`There is no ${blueprint.title || blueprint.identifier} yet`} icon={IconStack2}>
            {creatable
              ? 'Create the first with the button above, or write it with the API.'
              : `Write the first with POST /v1/blueprints/${blueprint.identifier}/entities.`}
          </EmptyState>
        )
      ) : (
        <Card padding={0}>
          <Table.ScrollContainer minWidth={640} maxHeight={narrow ? undefined : HEIGHT} scrollAreaProps={SCROLLS}>
            <Table
              aria-label={`Entities of ${blueprint.title || blueprint.identifier}`}
              aria-busy={pages.isPlaceholderData}
              className={classes.table}
              data-stale={pages.isPlaceholderData || undefined}
              highlightOnHover
              stickyHeader={!narrow}
              verticalSpacing="sm"
              horizontalSpacing="md"
            >
              <Table.Thead>
                <Table.Tr>
                  {columns.map((column) => (
                    <Head key={column.id} column={column} sorted={sort === column.id ? dir : undefined} onSort={sortBy} />
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((entity) => (
                  <Row key={entity.identifier} entity={entity} columns={columns} blueprint={blueprint} scorecards={scorecards} />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Card>
      )}
      <MoreButton
        pages={pages}
        note={
          <Text size="sm" c="dimmed">
            {rows.length.toLocaleString()} of {(count.data ?? rows.length).toLocaleString()}
          </Text>
        }
      >
        Show more
      </MoreButton>
    </>
  );
}

function Head({ column, sorted, onSort }: { column: Field; sorted: string | undefined; onSort: (id: string) => void }) {
  if (!column.sortable) {
    return (
      <Table.Th>
        <Text inherit fw={650} fz="sm" className={classes.head}>
          {column.title}
        </Text>
      </Table.Th>
    );
  }
  const Arrow = sorted === undefined ? IconArrowsSort : sorted === 'desc' ? IconArrowDown : IconArrowUp;
  return (
    <Table.Th aria-sort={sorted === undefined ? 'none' : sorted === 'desc' ? 'descending' : 'ascending'}>
      <UnstyledButton onClick={() => onSort(column.id)} fw={650} fz="sm" className={classes.head} data-sorted={sorted !== undefined || undefined}>
        {column.title} <Arrow size={14} aria-hidden className={classes.arrow} />
      </UnstyledButton>
    </Table.Th>
  );
}

/** Drawn anew only when its entity changes: a page more must not cost the pages before it. */
const Row = memo(function Row({ columns, ...rest }: Omit<CellProps, 'column'> & { columns: Field[] }) {
  return (
    <Table.Tr>
      {columns.map((column) => (
        <Table.Td key={column.id} className={classes.cell}>
          <Cell column={column} {...rest} />
        </Table.Td>
      ))}
    </Table.Tr>
  );
});

interface CellProps {
  entity: Entity;
  column: Field;
  blueprint: Blueprint;
  scorecards: Scorecard[];
}

function Cell({ entity, column, blueprint, scorecards }: CellProps) {
  const value = column.value(entity);
  if (column.id === '$title') return <EntityLink blueprint={blueprint.identifier} identifier={entity.identifier} title={entity.title} />;
  if (column.kind === 'level') {
    const scorecard = scorecards.find(({ identifier }) => identifier === column.subject.scorecard);
    if (scorecard && typeof value === 'string') return <LevelBadge scorecard={scorecard} level={value} />;
  }
  return <Value value={value} schema={column.schema} compact />;
}

function orderOf(sort: string | undefined, dir: string, fields: Field[]): Order | undefined {
  const field = fields.find(({ id }) => id === sort);
  if (!field?.sortable) return undefined;
  return { ...field.subject, ...(field.kind === 'relation' ? { targetProperty: '$title' } : {}), order: dir === 'desc' ? 'desc' : 'asc' };
}

/** Between two pages an entity may move from one to the other, and would stand there twice. */
function withoutRepeats(entities: Entity[]): Entity[] {
  return [...new Map(entities.map((entity) => [entity.identifier, entity])).values()];
}
