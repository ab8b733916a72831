/** Says on a run that waits that its backend has not taken the request, which nothing else on the page would tell. */
import { Alert, Anchor } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { When } from '@/components/When';
import { type StreamState, deliveriesQuery } from './queries';

export function DeliveryNotice({ runId, stream }: { runId: string; stream: StreamState }) {
  const { data } = useQuery(deliveriesQuery(runId, stream));
  const waiting = data?.find(({ attempts, nextAttemptAt }) => attempts.length > 0 && nextAttemptAt);
  if (!waiting) return null;
  const tries = waiting.attempts.length;
  const error = waiting.attempts.at(-1)?.error;
  return (
    <Alert color="orange" icon={<IconSend size={18} />} mb="md" role="status" title="The backend has not taken the request yet">
      {tries === 1 ? 'One attempt' : `${tries} attempts`} failed{error ? `, the last with: ${error}` : '.'} The next is due{' '}
      <When at={waiting.nextAttemptAt ?? ''} />.{' '}
      <Anchor inherit c="inherit" td="underline" renderRoot={(props) => <Link to="/organization/run" search={{ runId, tab: 'delivery' }} {...props} />}>
        See the delivery
      </Anchor>
    </Alert>
  );
}
