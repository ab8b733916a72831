/**
 * The three states every view has besides its data: loading, empty (which says what to do next)
 * and failed (which says why and offers another try).
 */
import type { ReactNode } from 'react';
import { Button, Card, Group, Skeleton, Stack, Text, ThemeIcon, Title, VisuallyHidden } from '@mantine/core';
import { IconAlertTriangle, IconInbox, IconLock, IconRefresh, type Icon } from '@tabler/icons-react';
import { ApiError, isForbidden, messageOf } from '@/api/errors';
import { useDocumentTitle } from './PageHeader';

interface EmptyProps {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  icon?: Icon;
  /** Whether it stands in the place of a whole page, which it then names. */
  page?: boolean;
}

export function EmptyState({ title, children, action, icon: Drawn = IconInbox, page = false }: EmptyProps) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center" role="status">
      <ThemeIcon variant="light" size={56} radius="xl" aria-hidden>
        <Drawn size={28} stroke={1.5} />
      </ThemeIcon>
      <StateTitle title={title} page={page} />
      {children && (
        <Text c="dimmed" maw={440} style={{ overflowWrap: 'anywhere' }}>
          {children}
        </Text>
      )}
      {action && (
        <Group mt="sm" maw="100%">
          {action}
        </Group>
      )}
    </Stack>
  );
}

interface ErrorProps {
  error: unknown;
  title?: string;
  onRetry?: () => void;
  /** Whether it stands in the place of a whole page, which it then names. */
  page?: boolean;
}

export function ErrorState({ error, title = 'This could not be loaded', onRetry, page = false }: ErrorProps) {
  // Nothing has gone wrong, and trying again would not help.
  if (isForbidden(error)) {
    return (
      <EmptyState title="You may not see this" icon={IconLock} page={page}>
        {messageOf(error)}
      </EmptyState>
    );
  }
  const trace = error instanceof ApiError ? error.traceId : null;
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center" role="alert">
      <ThemeIcon variant="light" color="red" size={56} radius="xl" aria-hidden>
        <IconAlertTriangle size={28} stroke={1.5} />
      </ThemeIcon>
      <StateTitle title={title} page={page} />
      <Text c="dimmed" maw={520} style={{ overflowWrap: 'anywhere' }}>
        {messageOf(error)}
      </Text>
      {trace && (
        <Text c="dimmed" size="xs" className="lb-mono">
          Trace {trace}
        </Text>
      )}
      {onRetry && (
        <Button mt="sm" variant="light" leftSection={<IconRefresh size={16} />} onClick={onRetry}>
          Try again
        </Button>
      )}
    </Stack>
  );
}

function StateTitle({ title, page }: { title: string; page: boolean }) {
  return (
    <>
      {page && <DocumentTitle title={title} />}
      <Title order={page ? 1 : 2} size="h3" mt="xs" maw="100%" style={{ overflowWrap: 'anywhere' }}>
        {title}
      </Title>
    </>
  );
}

function DocumentTitle({ title }: { title: string }) {
  useDocumentTitle(title);
  return null;
}

/** Rows of grey bars in the place of a table or list. */
export function ListSkeleton({ rows = 6, height = 44, label = 'Loading' }: { rows?: number; height?: number; label?: string }) {
  return (
    <Stack gap="xs" role="status" aria-busy="true" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={height} radius="md" />
      ))}
    </Stack>
  );
}

/** Rows of grey bars in the place of a whole page, which has a heading from the start. */
export function PageSkeleton({ label, ...rows }: { rows?: number; height?: number; label: string }) {
  return (
    <>
      <VisuallyHidden component="h1">{label}</VisuallyHidden>
      <ListSkeleton label={label} {...rows} />
    </>
  );
}

/** One grey bar in the place of a line of text. */
export function LineSkeleton({ label }: { label: string }) {
  return <ListSkeleton rows={1} height={18} label={label} />;
}

/** Cards of grey bars in the place of a grid. */
export function CardsSkeleton({ cards = 6 }: { cards?: number }) {
  return (
    <div role="status" aria-busy="true" aria-label="Loading" style={{ display: 'contents' }}>
      {Array.from({ length: cards }, (_, card) => (
        <Card key={card}>
          <Group wrap="nowrap">
            <Skeleton height={40} width={40} />
            <Skeleton height={16} width="60%" />
          </Group>
          <Skeleton height={12} mt="lg" />
          <Skeleton height={12} mt="xs" width="80%" />
          <Skeleton height={34} mt="lg" />
        </Card>
      ))}
    </div>
  );
}
