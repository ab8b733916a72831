/** Pages of runs under given filters, with a button for more; used by several pages. */
import { type ReactNode, useMemo } from 'react';
import { Button, Center } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Run } from '@/api/types';
import { ErrorState, ListSkeleton } from '@/components/QueryStates';
import { type RunFilters, runsQuery } from './queries';
import { RunTable } from './RunTable';

interface Props {
  filters: RunFilters;
  /** Applied here, for what the API cannot filter by. */
  only?: (run: Run) => boolean;
  empty: ReactNode;
}

export function RunList({ filters, only, empty }: Props) {
  const query = useInfiniteQuery(runsQuery(filters));
  const runs = useMemo(() => {
    const all = (query.data?.pages ?? []).flatMap((page) => page.runs);
    const distinct = [...new Map(all.map((run) => [run.id, run])).values()];
    return only ? distinct.filter(only) : distinct;
  }, [query.data, only]);

  if (query.isPending) return <ListSkeleton rows={8} label="Loading runs" />;
  if (query.error && !query.data) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <>
      {runs.length === 0 ? empty : <RunTable runs={runs} />}
      {query.hasNextPage && (
        <Center mt="md">
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {runs.length === 0 ? 'Look further back' : 'Load more'}
          </Button>
        </Center>
      )}
    </>
  );
}
