/** The pages that stand in for one that cannot be shown: not found, crashed, still loading. */
import { Button, Center, Container } from '@mantine/core';
import { IconCompass } from '@tabler/icons-react';
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { EmptyState, ErrorState, ListSkeleton } from '@/components/QueryStates';

export function NotFoundPage() {
  return (
    <Center mih="60vh">
      <EmptyState
        icon={IconCompass}
        title="This page does not exist"
        action={
          <Button renderRoot={(props) => <Link to="/self-serve" {...props} />}>Go to Self-service</Button>
        }
      >
        The address may be misspelt, or what was here has been renamed.
      </EmptyState>
    </Center>
  );
}

export function CrashPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Center mih="60vh">
      <ErrorState error={error} title="This page could not be shown" onRetry={retry} />
    </Center>
  );
}

export function LoadingPage() {
  return (
    <Container size="xl" py="lg" px={0}>
      <ListSkeleton rows={7} label="Loading page" />
    </Container>
  );
}
