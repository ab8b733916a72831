/** What stands in a page's place: while it loads, when there is none, when it fails. */
import { Button, Container } from '@mantine/core';
import { IconCompassOff } from '@tabler/icons-react';
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { EmptyState, ErrorState, PageSkeleton } from '@/components/QueryStates';

export function PendingPage() {
  return (
    <Container size="xl" py="xl">
      <PageSkeleton rows={5} label="Loading the page" />
    </Container>
  );
}

export function NotFoundPage() {
  return (
    <Container size="sm" py="xl">
      <EmptyState
        page
        title="There is no page at this address"
        icon={IconCompassOff}
        action={<Button renderRoot={(props) => <Link to="/self-serve" {...props} />}>Go to self-service</Button>}
      >
        The link may be old, or a letter in it may be missing.
      </EmptyState>
    </Container>
  );
}

export function CrashPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Container size="sm" py="xl">
      <ErrorState page error={error} title="The page could not be shown" onRetry={retry} />
    </Container>
  );
}
