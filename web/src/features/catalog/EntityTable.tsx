/** Entities as rows with the blueprint's first properties as columns; only visible rows are drawn. */
import { useRef } from 'react';
import { Card, Text, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { Blueprint, Entity, Property } from '@/api/types';
import { EntityLink } from '@/components/EntityLink';
import { Value } from '@/components/Value';
import { When } from '@/components/When';
import classes from './EntityTable.module.css';

const COLUMNS = 5;
const ROW_PX = 49;

interface Props {
  blueprint: Blueprint;
  entities: Entity[];
  sort?: string;
  onSort: (sort: string | undefined) => void;
}

export function EntityTable({ blueprint, entities, sort, onSort }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const properties = Object.entries(blueprint.schema.properties).slice(0, COLUMNS);
  const rows = useVirtualizer({
    count: entities.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const template = `minmax(190px, 1.4fr) repeat(${properties.length}, minmax(130px, 1fr)) 130px`;
  const heads = [
    { column: '$title', label: 'Title' },
    ...properties.map(([key, property]) => ({ column: key, label: property.title || key })),
    { column: '$updatedAt', label: 'Updated' },
  ];
  return (
    <Card p={0}>
      <div
        ref={scroller}
        className={classes.scroller}
        role="table"
        aria-label={`Entities of ${blueprint.title}`}
        aria-rowcount={entities.length + 1}
        tabIndex={0}
      >
        <div role="row" aria-rowindex={1} className={classes.head} style={{ gridTemplateColumns: template }}>
          {heads.map((head) => (
            <SortHead key={head.column} {...head} sort={sort} onSort={onSort} />
          ))}
        </div>
        <div style={{ height: rows.getTotalSize(), position: 'relative' }} role="rowgroup">
          {rows.getVirtualItems().map((row) => {
            const entity = entities[row.index];
            if (!entity) return null;
            return (
              <div
                key={entity.identifier}
                role="row"
                aria-rowindex={row.index + 2}
                data-entity={entity.identifier}
                className={classes.row}
                style={{ gridTemplateColumns: template, transform: `translateY(${row.start}px)`, height: ROW_PX }}
              >
                <Cells entity={entity} blueprint={blueprint.identifier} properties={properties} />
              </div>
            );
          })}
        </div>
      </div>
      <Text size="xs" c="dimmed" px="md" py="xs" role="status">
        {entities.length === 1 ? '1 entity' : `${entities.length.toLocaleString()} entities`}
      </Text>
    </Card>
  );
}

function Cells({ entity, blueprint, properties }: { entity: Entity; blueprint: string; properties: [string, Property][] }) {
  return (
    <>
      <div role="cell" className={classes.cell}>
        <EntityLink blueprint={blueprint} identifier={entity.identifier} title={entity.title} />
      </div>
      {properties.map(([id, property]) => (
        <div role="cell" key={id} className={classes.cell}>
          <Short value={entity.properties[id]} property={property} />
        </div>
      ))}
      <div role="cell" className={classes.cell}>
        <When at={entity.updatedAt} />
      </div>
    </>
  );
}

/** A value that fits a row; whatever is larger is summed up. */
function Short({ value, property }: { value: Entity['properties'][string] | undefined; property: Property }) {
  if (Array.isArray(value)) return <>{value.map((item) => (typeof item === 'object' ? '…' : String(item))).join(', ') || '—'}</>;
  if (typeof value === 'object' && value !== null && property.format !== 'labeled-url') return <>{'{…}'}</>;
  if (typeof value === 'string' && ['markdown', 'yaml', 'proto'].includes(property.format ?? '')) return <>{value.slice(0, 80)}</>;
  return <Value value={value} schema={property} />;
}

interface SortHeadProps {
  column: string;
  label: string;
  sort?: string;
  onSort: Props['onSort'];
}

/** Cycles through ascending, descending and the table's own order. */
function SortHead({ column, label, sort, onSort }: SortHeadProps) {
  const direction = sort === column ? 'ascending' : sort === `-${column}` ? 'descending' : 'none';
  const next = { none: column, ascending: `-${column}`, descending: undefined }[direction];
  return (
    <div role="columnheader" aria-sort={direction} className={classes.cell}>
      <UnstyledButton className={classes.sort} onClick={() => onSort(next)}>
        {label}
        {direction === 'ascending' && <IconArrowUp size={14} aria-hidden />}
        {direction === 'descending' && <IconArrowDown size={14} aria-hidden />}
      </UnstyledButton>
    </div>
  );
}
