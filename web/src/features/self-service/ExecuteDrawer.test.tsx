// @vitest-environment jsdom
/** The drawer of a form: that what was filled in outlasts the session, for the one who filled it in. */
import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { createQueryClient } from '@/app/queryClient';
import type { Action, Session } from '@/api/types';
import { sessionQuery } from '@/features/session/queries';
import { renderInPortal } from '@/test/renderInPortal';
import { findDraft } from './drafts';
import { ExecuteDrawer } from './ExecuteDrawer';
import { actionQuery } from './queries';

const action = {
  identifier: 'create_service',
  title: 'Create service',
  trigger: { type: 'self-service', operation: 'CREATE', userInputs: { properties: { name: { type: 'string', title: 'Name' } } } },
} as unknown as Action;

const session = (id: string) => ({ user: { id, email: `${id}@example.test`, firstName: '', lastName: '', role: 'Admin' } }) as Session;

function open(id: string) {
  const client = createQueryClient();
  client.setQueryData(actionQuery('create_service').queryKey, action);
  client.setQueryData(sessionQuery.queryKey, session(id));
  return renderInPortal(<ExecuteDrawer />, { address: '/?execute=create_service', client });
}

test('a session that ends below a form leaves what was filled in to the one who did', async () => {
  const first = open('user_a');
  await userEvent.setup().type(await screen.findByLabelText(/Name/), 'kept');
  act(() => first.client.setQueryData(sessionQuery.queryKey, null));
  // The cache tells its readers in a task of its own.
  await act(() => new Promise((resolve) => setTimeout(resolve)));
  first.unmount();

  const again = open('user_a');
  expect(await screen.findByLabelText(/Name/)).toHaveValue('kept');
  again.unmount();

  open('user_b');
  expect(await screen.findByLabelText(/Name/)).toHaveValue('');
  await waitFor(() => expect(findDraft({ owner: 'user_a', form: 'create_service//' })?.values).toEqual({ name: 'kept' }));
});
