/** Audit events as rows that open to their before and after. */
import { Fragment, useState } from 'react';
import { ActionIcon, Badge, Card, Stack, Table, Text } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import type { AuditEvent } from '@/api/types';
import { EntityLink } from '@/components/EntityLink';
import { JsonBlock } from '@/components/JsonBlock';
import { JsonDiff } from '@/components/JsonDiff';
import { RunLink } from '@/components/RunLink';
import { When } from '@/components/When';
import { actorOf } from './actor';

export type AuditColumn = 'at' | 'resource' | 'blueprint' | 'entity' | 'subject' | 'operation' | 'by' | 'origin' | 'run' | 'status' | 'error';

const HEADS: Record<AuditColumn, string> = {
  at: 'When',
  resource: 'Resource',
  blueprint: 'Blueprint',
  entity: 'Entity',
  subject: 'Subject',
  operation: 'Operation',
  by: 'By',
  origin: 'Origin',
  run: 'Run',
  status: 'Status',
  error: 'Error',
};
const OPERATION_COLORS: Record<string, string> = { CREATE: 'green', UPDATE: 'blue', DELETE: 'red' };

interface Props {
  events: AuditEvent[];
  columns: AuditColumn[];
  label: string;
}

export function AuditTable({ events, columns, label }: Props) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) =>
    setOpen((current) => {
      const next = new Set(current);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return (
    <Card p={0} className="lb-tables">
      <Table verticalSpacing="sm" horizontalSpacing="md" aria-label={label} miw={640}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={44}>
              <span className="lb-sr">Show changes</span>
            </Table.Th>
            {columns.map((column) => (
              <Table.Th key={column}>{HEADS[column]}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.map((event) => {
            const isOpen = open.has(event.identifier);
            return (
              <Fragment key={event.identifier}>
                <Table.Tr data-event={event.identifier}>
                  <Table.Td>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-expanded={isOpen}
                      aria-label={`${isOpen ? 'Hide' : 'Show'} changes of ${subjectOf(event)}`}
                      onClick={() => toggle(event.identifier)}
                    >
                      {isOpen ? <IconChevronDown size={17} /> : <IconChevronRight size={17} />}
                    </ActionIcon>
                  </Table.Td>
                  {columns.map((column) => (
                    <Table.Td key={column}>
                      <Cell event={event} column={column} />
                    </Table.Td>
                  ))}
                </Table.Tr>
                {isOpen && (
                  <Table.Tr>
                    <Table.Td colSpan={columns.length + 1} bg="var(--lb-surface)">
                      <Opened event={event} />
                    </Table.Td>
                  </Table.Tr>
                )}
              </Fragment>
            );
          })}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function Opened({ event }: { event: AuditEvent }) {
  return (
    <Stack gap="xs" py="xs">
      {event.message && (
        <Text size="sm" c={event.status === 'FAILURE' ? 'red' : undefined}>
          {event.message}
        </Text>
      )}
      <JsonDiff before={event.diff?.before} after={event.diff?.after} />
      {event.additionalData !== undefined && event.additionalData !== null && (
        <JsonBlock value={event.additionalData} label="Additional data" maxHeight={200} />
      )}
      <Text size="xs" c="dimmed" className="lb-mono">
        {event.identifier}
      </Text>
    </Stack>
  );
}

function Cell({ event, column }: { event: AuditEvent; column: AuditColumn }) {
  const { blueprint, entity, runId } = event.context ?? {};
  switch (column) {
    case 'at':
      return <When at={event.trigger.at} />;
    case 'resource':
      return <Badge color="gray">{event.resourceType}</Badge>;
    case 'blueprint':
      return blueprint ?? '—';
    case 'entity':
      return entity ? <EntityOf event={event} /> : '—';
    case 'subject':
      return event.resourceType === 'entity' ? <EntityOf event={event} /> : <Text inherit style={{ overflowWrap: 'anywhere' }}>{subjectOf(event)}</Text>;
    case 'operation':
      return <Badge color={OPERATION_COLORS[event.action] ?? 'gray'}>{event.action}</Badge>;
    case 'by':
      return <Text inherit truncate maw={200}>{actorOf(event.trigger.by)}</Text>;
    case 'origin':
      return event.trigger.origin ?? '—';
    case 'run':
      return runId ? <RunLink id={runId} /> : '—';
    case 'status':
      return <Badge color={event.status === 'FAILURE' ? 'red' : 'green'}>{event.status === 'FAILURE' ? 'Failure' : 'Success'}</Badge>;
    case 'error':
      return event.status === 'FAILURE' ? <Text inherit lineClamp={2}>{event.message ?? 'No reason given'}</Text> : '—';
  }
}

function EntityOf({ event }: { event: AuditEvent }) {
  const { blueprint, entity } = event.context ?? {};
  if (!entity) return <>—</>;
  if (!blueprint || event.action === 'DELETE') return <>{entity}</>;
  return <EntityLink blueprint={blueprint} identifier={entity} />;
}

/** What an event is about, as far as its context says. */
export function subjectOf(event: AuditEvent): string {
  const context = event.context ?? {};
  const candidates: Record<string, unknown[]> = {
    run: [context.runId],
    entity: [context.entity],
    action: [context.action],
    blueprint: [context.blueprint],
  };
  const own = (candidates[event.resourceType] ?? []).find((value) => typeof value === 'string');
  const any = Object.values(context).find((value) => typeof value === 'string' && value !== '');
  return String(own ?? any ?? event.resourceType);
}
