/** Whether an action creates, changes or deletes, as a word in a colour. */
import { Badge } from '@mantine/core';
import type { Operation } from '@/api/types';

export const OPERATIONS: Operation[] = ['CREATE', 'DAY-2', 'DELETE'];
const LOOKS: Record<Operation, { label: string; color: string }> = {
  CREATE: { label: 'Create', color: 'teal' },
  'DAY-2': { label: 'Day-2', color: 'indigo' },
  DELETE: { label: 'Delete', color: 'red' },
};

export function operationLabel(operation: Operation): string {
  return LOOKS[operation]?.label ?? operation;
}

export function OperationBadge({ operation }: { operation: Operation }) {
  return (
    <Badge color={LOOKS[operation]?.color ?? 'gray'} style={{ flex: 'none' }}>
      {operationLabel(operation)}
    </Badge>
  );
}
