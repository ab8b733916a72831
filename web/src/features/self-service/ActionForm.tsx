/** Opens the form of an action named in the address, prefilled from an entity or an earlier run. */
import { Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ErrorState, EmptyState, ListSkeleton } from '@/components/QueryStates';
import { runQuery } from '@/features/runs/queries';
import { ExecuteDrawer } from './ExecuteDrawer';
import { actionsQuery } from './queries';

interface Props {
  identifier: string;
  entity?: string;
  /** The run whose inputs to start from. */
  rerun?: string;
  onClose: () => void;
}

export function ActionForm({ identifier, entity, rerun, onClose }: Props) {
  const actions = useQuery(actionsQuery);
  const earlier = useQuery({ ...runQuery(rerun ?? ''), enabled: rerun !== undefined });
  const action = actions.data?.find((candidate) => candidate.identifier === identifier);
  const loading = actions.isPending || (rerun !== undefined && earlier.isPending);

  if (action && !loading && !earlier.error) {
    const prefill = {
      entity: entity ?? earlier.data?.entity?.identifier,
      properties: earlier.data?.properties,
    };
    return <ExecuteDrawer action={action} prefill={prefill} onClose={onClose} />;
  }
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title="Action" closeButtonProps={{ 'aria-label': 'Close form' }}>
      {loading ? (
        <ListSkeleton rows={4} height={56} label="Loading form" />
      ) : actions.error || earlier.error ? (
        <ErrorState
          error={actions.error ?? earlier.error}
          onRetry={() => void (actions.error ? actions.refetch() : earlier.refetch())}
        />
      ) : (
        <EmptyState title="This action is not available">
          {`"${identifier}" may have been deleted or renamed, or you may not run it. Choose another action from the list.`}
        </EmptyState>
      )}
    </Drawer>
  );
}
