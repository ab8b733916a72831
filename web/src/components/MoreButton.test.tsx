// @vitest-environment jsdom
/** What the end of a list offers, and what it says when the next page does not come. */
import { screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { NetworkError } from '@/api/errors';
import { renderInPortal } from '@/test/renderInPortal';
import { MoreButton } from './MoreButton';

const pages = { hasNextPage: true, isFetchingNextPage: false, isFetchNextPageError: false, error: null, fetchNextPage: vi.fn() };

test('a page that did not come is told beside the button, which asks for it again', async () => {
  renderInPortal(
    <MoreButton pages={{ ...pages, isFetchNextPageError: true, error: new NetworkError() }} note="50 of 2,000">
      Show more
    </MoreButton>,
  );
  expect(await screen.findByRole('alert')).toHaveTextContent(/cannot be reached/);
  screen.getByRole('button', { name: 'Try again' }).click();
  expect(pages.fetchNextPage).toHaveBeenCalledOnce();
});

test('the button says what it does, and is not there after the last page', async () => {
  renderInPortal(
    <>
      <MoreButton pages={pages} note="50 of 2,000">
        Show more
      </MoreButton>
      <MoreButton pages={{ ...pages, hasNextPage: false }}>Load more</MoreButton>
    </>,
  );
  expect(await screen.findByRole('button', { name: 'Show more' })).toBeVisible();
  expect(screen.getByText('50 of 2,000')).toBeVisible();
  expect(screen.getAllByRole('button')).toHaveLength(1);
});
