/**
 * The drawer that executes the action named in the address (`execute`), on an entity if one is
 * given (`target`), with the inputs of an earlier run if one is to be repeated (`from`).
 */
import { useMemo, useState } from 'react';
import { Box, Drawer, Group, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { ItemIcon } from '@/components/ItemIcon';
import { ErrorState, ListSkeleton } from '@/components/QueryStates';
import { runQuery } from '@/features/runs/queries';
import { useUser } from '@/features/session/queries';
import { dropDraft } from './drafts';
import { ExecuteForm } from './ExecuteForm';
import { OperationBadge } from './OperationBadge';
import { actionQuery, actionTitle } from './queries';

const route = getRouteApi('/portal');

export function ExecuteDrawer() {
  const { execute, target, from } = route.useSearch();
  // From wherever the form lies over; the route above all pages would lead to the first of them.
  const navigate = useNavigate();
  const close = () => {
    dropDraft();
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, execute: undefined, target: undefined, from: undefined }),
    });
  };
  return (
    <Drawer
      opened={Boolean(execute)}
      onClose={close}
      position="right"
      size={560}
      padding="lg"
      title={execute ? <DrawerTitle identifier={execute} /> : null}
      closeButtonProps={{ 'aria-label': 'Close the form' }}
      // The head of the form is no second head of the page.
      attributes={{ header: { role: 'presentation' } }}
    >
      {execute && <DrawerBody key={`${execute}/${from}`} identifier={execute} target={target} from={from} onClose={close} />}
    </Drawer>
  );
}

function DrawerTitle({ identifier }: { identifier: string }) {
  const { data: action } = useQuery(actionQuery(identifier));
  const title = action ? actionTitle(action) : identifier;
  return (
    <Group gap="sm" wrap="nowrap">
      <ItemIcon name={action?.icon} title={title} />
      <Box component="span" fw={650} fz="lg" lh={1.3} style={{ overflowWrap: 'anywhere' }}>
        {title}
      </Box>
      {action && (
        <Box component="span" style={{ flex: 'none' }}>
          <OperationBadge operation={action.trigger.operation} />
        </Box>
      )}
    </Group>
  );
}

interface BodyProps {
  identifier: string;
  target?: string;
  from?: string;
  onClose: () => void;
}

function DrawerBody({ identifier, target, from, onClose }: BodyProps) {
  // Whoever opened it: when their session has ended, the form may be drawn once more while nobody is signed in.
  const [owner] = useState(useUser().id);
  const draft = useMemo(() => ({ owner, form: [identifier, target, from].join('/') }), [owner, identifier, target, from]);
  const action = useQuery(actionQuery(identifier));
  const earlier = useQuery({ ...runQuery(from ?? ''), enabled: Boolean(from) });
  const failed = action.error ?? (from ? earlier.error : null);
  if (failed && !action.data) {
    return <ErrorState error={failed} title="The form could not be loaded" onRetry={() => void action.refetch()} />;
  }
  if (!action.data || (from && earlier.isPending)) return <ListSkeleton rows={4} height={56} label="Loading the form" />;
  return (
    <>
      {action.data.description && (
        <Text c="dimmed" size="sm" mb="md">
          {action.data.description}
        </Text>
      )}
      {from && earlier.data && (
        <Title order={2} size="sm" c="dimmed" fw={500} mb="md">
          Filled in from run <span className="lb-mono">{from}</span>
        </Title>
      )}
      <ExecuteForm
        action={action.data}
        target={target ?? earlier.data?.entity?.identifier}
        given={earlier.data?.properties}
        draft={draft}
        onDone={onClose}
      />
    </>
  );
}
