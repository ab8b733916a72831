/** Pages of runs as a table, or as cards where it is narrow, with a button for the next page. */
import { Card, Group, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Run } from '@/api/types';
import { ItemIcon } from '@/components/ItemIcon';
import { MoreButton } from '@/components/MoreButton';
import { ErrorState, ListSkeleton } from '@/components/QueryStates';
import { Person } from '@/components/Person';
import { RunLink } from '@/components/RunLink';
import { StatusChip } from '@/components/StatusChip';
import { When } from '@/components/When';
import { RunCards } from './RunCards';
import { RunDuration, RunEntityCut, runTitle } from './RunFacts';

type Pages = UseInfiniteQueryResult<InfiniteData<{ runs: Run[]; next?: string }>>;

interface Props {
  runs: Pages;
  empty: ReactNode;
  /** The entity column says nothing where all runs are of one entity. */
  showEntity?: boolean;
}

export function RunsTable({ runs, empty, showEntity = true }: Props) {
  const narrow = useMediaQuery('(max-width: 48em)');
  if (runs.isError && !runs.data) {
    return <ErrorState error={runs.error} title="The runs could not be loaded" onRetry={() => void runs.refetch()} />;
  }
  if (!runs.data) return <ListSkeleton rows={8} label="Loading the runs" />;
  // A run that starts between two pages moves the others on: the same one may come twice.
  const rows = [...new Map(runs.data.pages.flatMap((page) => page.runs).map((run) => [run.id, run])).values()];
  if (rows.length === 0 && !runs.hasNextPage) return <>{empty}</>;
  return (
    <>
      {narrow ? (
        <RunCards runs={rows} showEntity={showEntity} />
      ) : (
      <Card padding={0}>
        <Table.ScrollContainer minWidth={720}>
          <Table aria-label="Runs" highlightOnHover verticalSpacing="sm" horizontalSpacing="md" aria-busy={runs.isFetching}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Run</Table.Th>
                <Table.Th>Status</Table.Th>
                {showEntity && <Table.Th>Entity</Table.Th>}
                <Table.Th>Started</Table.Th>
                <Table.Th>Duration</Table.Th>
                <Table.Th>By</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((run) => (
                <RunRow key={run.id} run={run} showEntity={showEntity} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Card>
      )}
      <MoreButton pages={runs}>{rows.length === 0 ? 'Look further back' : 'Load more'}</MoreButton>
    </>
  );
}

function RunRow({ run, showEntity }: { run: Run; showEntity: boolean }) {
  const title = runTitle(run);
  return (
    <Table.Tr data-run={run.id}>
      <Table.Td>
        <Group gap="sm" wrap="nowrap">
          <ItemIcon name={run.action.icon} title={title} size={30} />
          <div>
            <Text inherit component="div" lineClamp={2} title={title}>
              <RunLink id={run.id}>{title}</RunLink>
            </Text>
            <Text size="xs" c="dimmed" className="lb-mono">
              {run.id}
            </Text>
          </div>
        </Group>
      </Table.Td>
      <Table.Td>
        <StatusChip status={run.status} label={run.statusLabel} />
      </Table.Td>
      {showEntity && (
        <Table.Td>
          <RunEntityCut run={run} />
        </Table.Td>
      )}
      <Table.Td>
        <When at={run.createdAt} />
      </Table.Td>
      <Table.Td>
        <RunDuration run={run} />
      </Table.Td>
      <Table.Td>
        <Text size="sm" truncate maw={180} title={run.createdBy}>
          <Person id={run.createdBy} />
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}
