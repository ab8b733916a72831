// @vitest-environment jsdom
/** Trying out jq: what is asked as one types, and how answers and faults are shown. */
import { useState } from 'react';
import { configure, fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { renderInPortal } from '@/test/renderInPortal';
import { JqBench } from './JqPage';
import type { Mode } from './queries';

// Each answer comes a quarter of a second after the last letter, and later on a busy machine.
vi.setConfig({ testTimeout: 20_000 });
configure({ asyncUtilTimeout: 8_000 });

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const user = { id: 'user_1', email: 'ada@larboard.test', firstName: 'Ada', lastName: 'Admin', role: 'Admin' };

function Bench() {
  const [mode, setMode] = useState<Mode>('expression');
  return <JqBench mode={mode} user={user} onMode={setMode} />;
}

type Body = { expression?: string; template?: unknown; context: Record<string, unknown> };

/** Answers with what `answer` makes of each question, and remembers the questions. */
function answering(answer: (body: Body) => Response | Promise<Response>) {
  const asked: Body[] = [];
  server.use(
    http.post('*/v1/jq/evaluate', async ({ request }) => {
      const body = (await request.json()) as Body;
      asked.push(body);
      return answer(body);
    }),
  );
  return asked;
}

async function replace(name: string, value: string) {
  fireEvent.change(await screen.findByRole('textbox', { name }), { target: { value } });
}

test('the sample is asked at once, on a context of the person who looks', async () => {
  const asked = answering(() => HttpResponse.json({ ok: true, outputs: ['my-service'] }));
  renderInPortal(<Bench />);
  expect(await screen.findByText('"my-service"')).toBeVisible();
  expect(screen.getByRole('heading', { name: '1 output' })).toBeVisible();
  expect(asked[0]?.context).toMatchObject({ trigger: { by: { user: { email: 'ada@larboard.test' } } } });
});

test('a fault is told with its place, and its line is marked', async () => {
  answering((body) =>
    body.expression === '.a |\n  nosuch'
      ? HttpResponse.json(
          { ok: false, error: 'jq_error', message: 'nosuch/0 is not defined.', details: { kind: 'compile', position: 7, line: 2, column: 3 } },
          { status: 422 },
        )
      : HttpResponse.json({ ok: true, outputs: [] }),
  );
  renderInPortal(<Bench />);
  await replace('jq expression', '.a |\n  nosuch');
  const alert = await screen.findByRole('alert');
  expect(within(alert).getByText('nosuch/0 is not defined.')).toBeVisible();
  expect(within(alert).getByText('Line 2, column 3')).toBeVisible();
  const line = screen.getByLabelText('Line 2, column 3');
  expect(line.querySelector('mark')).toHaveTextContent('n');
  expect(screen.getByRole('textbox', { name: 'jq expression' })).toHaveAccessibleDescription(/nosuch/);
});

test('a template is asked as the document it is, or as a text', async () => {
  const asked = answering(() => HttpResponse.json({ ok: true, result: { a: 1 } }));
  renderInPortal(<Bench />);
  await userEvent.click(await screen.findByRole('radio', { name: 'Template' }));
  await replace('Template', '{"a": "{{ 1 }}"}');
  await waitFor(() => expect(asked.at(-1)?.template).toEqual({ a: '{{ 1 }}' }));
  await replace('Template', 'n = {{ 1 }}');
  await waitFor(() => expect(asked.at(-1)?.template).toBe('n = {{ 1 }}'));
  expect(await screen.findByRole('heading', { name: 'Result' })).toBeVisible();
});

test('a context that is no JSON is told beside it, and nothing is asked', async () => {
  const asked = answering(() => HttpResponse.json({ ok: true, outputs: [1] }));
  renderInPortal(<Bench />);
  await screen.findByText('1');
  const before = asked.length;
  await replace('Context', '{"a":');
  expect(await screen.findByText('The context is not valid JSON yet.')).toBeVisible();
  await waitFor(() => expect(screen.getByRole('textbox', { name: 'Context' })).toHaveAttribute('aria-invalid', 'true'));
  expect(asked.length).toBe(before);
  await userEvent.click(screen.getByRole('button', { name: 'Back to the sample context' }));
  expect(await screen.findByText('1')).toBeVisible();
});

test('a server that cannot be asked is told, with a way to ask again', async () => {
  answering(() => HttpResponse.json({ ok: false, error: 'overloaded', message: 'Too many long expressions.' }, { status: 503 }));
  renderInPortal(<Bench />);
  expect(await screen.findByText('Too many long expressions.')).toBeVisible();
});
