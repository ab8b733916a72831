/** The entities a run has written, each with its before and after, from the audit log. */
import { IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { EmptyState, ErrorState, ListSkeleton } from '@/components/QueryStates';
import { AuditTable } from '@/features/audit/AuditTable';
import { affectedEntitiesQuery } from '@/features/audit/queries';

export function AffectedEntities({ runId, open }: { runId: string; open: boolean }) {
  const query = useQuery(affectedEntitiesQuery(runId));
  if (query.isPending) return <ListSkeleton rows={3} label="Loading affected entities" />;
  if (query.error && !query.data) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data?.length === 0) {
    return (
      <EmptyState icon={IconStack2} title="No entity was changed">
        {open
          ? 'Entities that the backend writes with this run’s id appear here at once.'
          : 'The backend wrote no entity with this run’s id.'}
      </EmptyState>
    );
  }
  return <AuditTable events={query.data ?? []} label="Affected entities" columns={['blueprint', 'entity', 'operation', 'status', 'error', 'at']} />;
}
