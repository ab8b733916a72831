// @vitest-environment jsdom
/** The form of an action, from filling it in to the notice of the run. */
import { notifications } from '@mantine/notifications';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Action } from '@/api/types';
import { renderInPortal } from '@/test/renderInPortal';
import { ExecuteForm } from './ExecuteForm';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  server.resetHandlers();
  // The notices are one store for the whole page; those of one test would be seen by the next.
  notifications.clean();
});
afterAll(() => server.close());

const action: Action = {
  id: 'action_0123456789abcdef',
  identifier: 'create_service',
  title: 'Create service',
  trigger: {
    type: 'self-service',
    operation: 'CREATE',
    userInputs: {
      properties: { name: { type: 'string', title: 'Name' }, size: { type: 'number', title: 'Size', default: 2 } },
      required: ['name'],
    },
  },
  invocationMethod: { type: 'WEBHOOK', url: 'https://ci.example/jobs' },
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'user_0123456789abcdef',
  updatedAt: '2026-01-01T00:00:00.000Z',
  updatedBy: 'user_0123456789abcdef',
};
const run = {
  id: 'r_0123456789abcdef',
  status: 'IN_PROGRESS',
  action: { identifier: 'create_service' },
  properties: {},
  source: 'UI',
  createdAt: '2026-01-01T00:00:00.000Z',
};

function fill() {
  const onDone = vi.fn();
  renderInPortal(<ExecuteForm action={action} onDone={onDone} />);
  return { onDone, user: userEvent.setup() };
}

test('a required input that is blank is named beside it, and nothing is sent', async () => {
  const { user, onDone } = fill();
  await user.click(await screen.findByRole('button', { name: 'Execute' }));
  expect(await screen.findByText('Fill in “Name”.')).toBeVisible();
  expect(screen.getByLabelText(/Name/)).toHaveAttribute('aria-invalid', 'true');
  expect(onDone).not.toHaveBeenCalled();
});

test('the inputs are sent in their types, and a notice links to the run', async () => {
  let sent: unknown;
  server.use(
    http.post('*/v1/actions/create_service/runs', async ({ request }) => {
      sent = { body: await request.json(), key: request.headers.get('idempotency-key') };
      return HttpResponse.json({ ok: true, run }, { status: 202 });
    }),
  );
  const { user, onDone } = fill();
  await user.type(await screen.findByLabelText(/Name/), 'payments');
  await user.click(screen.getByRole('button', { name: 'Execute' }));
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  expect(sent).toEqual({ body: { properties: { name: 'payments', size: 2 } }, key: expect.stringMatching(/.{16,}/) });
  const link = await screen.findByRole('link', { name: 'open the run' });
  expect(link).toHaveAttribute('href', '/organization/run?runId=r_0123456789abcdef');
});

test('a refusal that names an input stands beside it, and any other above the form', async () => {
  const refuse = (details?: unknown) =>
    http.post('*/v1/actions/create_service/runs', () =>
      HttpResponse.json(
        { ok: false, error: 'user_inputs_schema_invalid', message: 'name: "x" is taken; choose another', details },
        { status: 422 },
      ),
    );
  server.use(refuse([{ path: 'name', rule: 'unique', message: '"x" is taken; choose another' }]));
  const { user, onDone } = fill();
  await user.type(await screen.findByLabelText(/Name/), 'x');
  await user.click(screen.getByRole('button', { name: 'Execute' }));
  expect(await screen.findByText('"x" is taken; choose another')).toBeVisible();
  expect(screen.queryByRole('alert')).toBeNull();

  server.use(refuse());
  await user.click(screen.getByRole('button', { name: 'Execute' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('name: "x" is taken; choose another');
  expect(onDone).not.toHaveBeenCalled();
});

test('where no answer came, that is what the form says, and the next request is the same one', async () => {
  const keys: (string | null)[] = [];
  const remember = (answer: () => Response) =>
    http.post('*/v1/actions/create_service/runs', ({ request }) => {
      keys.push(request.headers.get('idempotency-key'));
      return answer();
    });
  server.use(remember(() => HttpResponse.error()));
  const { user, onDone } = fill();
  await user.type(await screen.findByLabelText(/Name/), 'payments');
  await user.click(screen.getByRole('button', { name: 'Execute' }));
  expect(await screen.findByRole('alert')).toHaveTextContent(/No answer came.*nothing is executed twice/);
  server.use(remember(() => HttpResponse.json({ ok: true, run }, { status: 202 })));
  await user.click(screen.getByRole('button', { name: 'Execute' }));
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  expect(keys).toEqual([keys[0], keys[0]]);
});
