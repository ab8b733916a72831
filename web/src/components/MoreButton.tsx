/** The button for the next page of a list; it says so if that page did not come. */
import { Button, Group, Text } from '@mantine/core';
import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { messageOf } from '@/api/errors';

interface Props {
  pages: Pick<
    UseInfiniteQueryResult,
    'hasNextPage' | 'isFetchingNextPage' | 'isFetchNextPageError' | 'error' | 'fetchNextPage'
  >;
  /** What the button says. */
  children: ReactNode;
  /** What stands before it. */
  note?: ReactNode;
}

export function MoreButton({ pages, children, note }: Props) {
  if (!pages.hasNextPage) return null;
  const failed = pages.isFetchNextPageError && !pages.isFetchingNextPage;
  return (
    <Group justify="center" mt="md">
      {failed ? (
        <Text size="sm" role="alert">
          {messageOf(pages.error)}
        </Text>
      ) : (
        note
      )}
      <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
        {failed ? 'Try again' : children}
      </Button>
    </Group>
  );
}
