// @vitest-environment jsdom
/** Who a person is shown as. */
import { screen } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { renderInPortal } from '@/test/renderInPortal';
import { Person } from './Person';

const ada = { id: 'user_1', email: 'ada@example.test', firstName: 'Ada', lastName: 'Lovelace' };
const bob = { id: 'user_2', email: 'bob@example.test', firstName: '', lastName: '' };
const session = { ok: true, user: { ...ada, role: 'Member' }, csrfToken: 't' };

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

function given(users: () => Response) {
  server.use(
    http.get('*/v1/auth/session', () => HttpResponse.json(session)),
    http.get('*/v1/users', users),
  );
}

test('oneself is “You”, others have their names, and machines their ids', async () => {
  given(() => HttpResponse.json({ ok: true, users: [ada, { ...ada, id: 'user_3' }, bob] }));
  renderInPortal(
    <>
      <Person id="user_1" />, <Person id="user_3" />, <Person id="user_2" />, <Person id="machine" />
    </>,
  );
  expect(await screen.findByText('Ada Lovelace')).toHaveAttribute('title', 'ada@example.test');
  expect(screen.getByText('You')).toBeVisible();
  expect(screen.getByText('bob@example.test')).toBeVisible();
  expect(screen.getByText('machine')).toBeVisible();
});

test('without the names the id is shown', async () => {
  given(() => HttpResponse.json({ ok: false, error: 'internal_error', message: 'No.' }, { status: 500 }));
  renderInPortal(<Person id="user_3" />);
  expect(await screen.findByText('user_3')).toBeVisible();
});
