/** The entities a run has written, each with its before and after, from the audit log. */
import { IconStack2 } from '@tabler/icons-react';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { AuditList } from '@/features/audit/AuditList';
import type { AuditPage } from '@/features/audit/queries';

interface Props {
  events: UseInfiniteQueryResult<InfiniteData<AuditPage>>;
  /** Whether the run may still write some. */
  open: boolean;
}

export function AffectedEntities({ events, open }: Props) {
  return (
    <AuditList
      events={events}
      label="Affected entities"
      empty={{
        icon: IconStack2,
        title: 'No entity was changed',
        text: open
          ? 'Entities that the backend writes with this run’s id appear here at once.'
          : 'The backend wrote no entity with this run’s id.',
      }}
    />
  );
}
