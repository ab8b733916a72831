// @vitest-environment jsdom
/** What stands in the place of data that did not come. */
import { screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { ApiError } from '@/api/errors';
import { renderInPortal } from '@/test/renderInPortal';
import { ErrorState } from './QueryStates';

test('a failure is an alert with its trace and another try', async () => {
  const retry = vi.fn();
  renderInPortal(<ErrorState error={new ApiError(500, 'internal_error', 'It broke.', undefined, 'abc')} onRetry={retry} />);
  expect(await screen.findByRole('alert')).toHaveTextContent(/It broke.*abc/);
  screen.getByRole('button', { name: 'Try again' }).click();
  expect(retry).toHaveBeenCalledOnce();
});

test('what one may not see is no failure, and trying again is not offered', async () => {
  renderInPortal(<ErrorState error={new ApiError(403, 'missing_permissions', 'This needs the role Admin.')} onRetry={() => {}} page />);
  expect(await screen.findByRole('heading', { level: 1, name: 'You may not see this' })).toBeVisible();
  expect(screen.getByText('This needs the role Admin.')).toBeVisible();
  expect(screen.queryByRole('alert')).toBeNull();
  expect(screen.queryByRole('button')).toBeNull();
  expect(document.title).toBe('You may not see this · Larboard');
});
