/** How the request of a run was delivered: every attempt, what came back, and when the next is due. */
import { Badge, Card, Code, Group, Stack, Text, Timeline } from '@mantine/core';
import { IconCheck, IconSend, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Delivery, DeliveryAttempt } from '@/api/types';
import { EmptyState, ErrorState, ListSkeleton } from '@/components/QueryStates';
import { When } from '@/components/When';
import { duration } from '@/lib/time';
import { type StreamState, deliveriesQuery } from './queries';

interface Props {
  runId: string;
  stream: StreamState;
  /** Whether the run may still call its backend. */
  open: boolean;
}

export function Deliveries({ runId, stream, open }: Props) {
  const query = useQuery(deliveriesQuery(runId, stream));
  if (query.isPending) return <ListSkeleton rows={2} height={90} label="Loading deliveries" />;
  if (query.error && !query.data) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data?.length === 0) {
    return (
      <EmptyState icon={IconSend} title="Nothing was delivered">
        {open ? 'The request is sent in a moment.' : 'This run called no backend by HTTP.'}
      </EmptyState>
    );
  }
  return (
    <Stack>
      {query.data?.map((delivery) => (
        <DeliveryCard key={delivery.id} delivery={delivery} />
      ))}
    </Stack>
  );
}

const COLORS: Record<string, string> = { SUCCEEDED: 'green', FAILED: 'red', CANCELLED: 'gray' };

function DeliveryCard({ delivery }: { delivery: Delivery }) {
  return (
    <Card component="section" aria-label={`Delivery ${delivery.id}`}>
      <Group justify="space-between" mb="md" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>
          {delivery.url && <Code style={{ overflowWrap: 'anywhere' }}>{delivery.url}</Code>}
          <Text size="xs" c="dimmed" mt={4} className="lb-mono">
            {delivery.id}
          </Text>
        </div>
        <Badge color={COLORS[delivery.state.toUpperCase()] ?? 'orange'}>{stateText(delivery.state)}</Badge>
      </Group>
      {delivery.attempts.length === 0 && (
        <Text size="sm" c="dimmed">
          No attempt has been made yet.
        </Text>
      )}
      <Timeline bulletSize={24} lineWidth={2} active={delivery.attempts.length}>
        {delivery.attempts.map((attempt) => (
          <Timeline.Item
            key={attempt.number}
            color={succeeded(attempt) ? 'green' : 'red'}
            bullet={succeeded(attempt) ? <IconCheck size={13} /> : <IconX size={13} />}
            title={`Attempt ${attempt.number}: ${attempt.statusCode ? `HTTP ${attempt.statusCode}` : 'no answer'}`}
          >
            <Attempt attempt={attempt} />
          </Timeline.Item>
        ))}
      </Timeline>
      {delivery.nextAttemptAt && (
        <Text size="sm" mt="sm">
          The next attempt is due <When at={delivery.nextAttemptAt} />.
        </Text>
      )}
    </Card>
  );
}

function Attempt({ attempt }: { attempt: DeliveryAttempt }) {
  return (
    <>
      <Text size="sm" c="dimmed">
        <When at={attempt.startedAt} />
        {typeof attempt.durationMs === 'number' && ` · took ${duration(attempt.durationMs)}`}
      </Text>
      {attempt.error && (
        <Text size="sm" mt={4}>
          {attempt.error}
        </Text>
      )}
      {attempt.responseExcerpt && (
        <Code block mt={6} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {attempt.responseExcerpt}
        </Code>
      )}
    </>
  );
}

function succeeded(attempt: DeliveryAttempt): boolean {
  return typeof attempt.statusCode === 'number' && attempt.statusCode >= 200 && attempt.statusCode < 300;
}

function stateText(state: string): string {
  const words = state.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
