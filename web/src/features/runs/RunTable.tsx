/** Runs as a table on wide screens and as a list of cards on narrow ones. */
import { Card, Group, Stack, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { Run } from '@/api/types';
import { EntityLink } from '@/components/EntityLink';
import { ItemIcon } from '@/components/ItemIcon';
import { RunLink } from '@/components/RunLink';
import { StatusChip } from '@/components/StatusChip';
import { Duration, When } from '@/components/When';
import { isOpen } from './queries';

export function RunTable({ runs, label = 'Runs' }: { runs: Run[]; label?: string }) {
  const narrow = useMediaQuery('(max-width: 48em)');
  if (narrow) {
    return (
      <Stack gap="sm" role="list" aria-label={label}>
        {runs.map((run) => (
          <RunCard key={run.id} run={run} />
        ))}
      </Stack>
    );
  }
  return (
    <Card p={0} className="lb-tables">
      <Table highlightOnHover verticalSpacing="sm" horizontalSpacing="md" aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Action</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th>Entity</Table.Th>
            <Table.Th>By</Table.Th>
            <Table.Th>Started</Table.Th>
            <Table.Th>Duration</Table.Th>
            <Table.Th>Run ID</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Table.Tr key={run.id} data-run={run.id}>
              <Table.Td>
                <Group gap="xs" wrap="nowrap">
                  <ItemIcon name={run.action.icon} title={runTitle(run)} size={26} />
                  <Text component="span" inherit fw={500}>
                    <RunLink id={run.id}>{runTitle(run)}</RunLink>
                  </Text>
                </Group>
              </Table.Td>
              <Table.Td>
                <StatusChip status={run.status} label={run.statusLabel} />
              </Table.Td>
              <Table.Td>
                <RunEntity run={run} />
              </Table.Td>
              <Table.Td maw={200}>
                <Text inherit truncate>
                  {run.createdBy}
                </Text>
              </Table.Td>
              <Table.Td>
                <When at={run.createdAt} />
              </Table.Td>
              <Table.Td>
                <RunDuration run={run} />
              </Table.Td>
              <Table.Td>
                <RunLink id={run.id} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function RunCard({ run }: { run: Run }) {
  return (
    <Card p="sm" role="listitem" data-run={run.id}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
          <ItemIcon name={run.action.icon} title={runTitle(run)} size={32} />
          <div style={{ minWidth: 0 }}>
            <Text fw={600} truncate>
              <RunLink id={run.id}>{runTitle(run)}</RunLink>
            </Text>
            <Text size="xs" c="dimmed" truncate>
              <When at={run.createdAt} /> · <RunDuration run={run} /> · {run.createdBy}
            </Text>
          </div>
        </Group>
        <StatusChip status={run.status} label={run.statusLabel} size="sm" />
      </Group>
      {run.entity && (
        <Text size="sm" mt={6}>
          <RunEntity run={run} />
        </Text>
      )}
    </Card>
  );
}

export function runTitle(run: Run): string {
  return run.action.title || run.action.identifier;
}

export function RunDuration({ run }: { run: Run }) {
  return <Duration start={run.createdAt} end={isOpen(run) ? null : (run.endedAt ?? run.updatedAt)} />;
}

/** The entity of a run, linked while it exists. */
export function RunEntity({ run }: { run: Run }) {
  if (!run.entity) {
    return (
      <Text component="span" inherit c="dimmed" aria-label="No entity">
        —
      </Text>
    );
  }
  const title = run.entity.title || run.entity.identifier;
  if (run.entity.deleted || !run.blueprint) {
    return (
      <Text component="span" inherit td={run.entity.deleted ? 'line-through' : undefined} title={run.entity.deleted ? 'Deleted' : undefined}>
        {title}
      </Text>
    );
  }
  return <EntityLink blueprint={run.blueprint.identifier} identifier={run.entity.identifier} title={title} />;
}
