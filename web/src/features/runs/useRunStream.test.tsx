// @vitest-environment jsdom
/** What the stream of a run brings to the page, and when the page asks for deliveries itself. */
import { act, screen, waitFor } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Delivery } from '@/api/types';
import { createQueryClient } from '@/app/queryClient';
import { renderInPortal } from '@/test/renderInPortal';
import { Deliveries } from './Deliveries';
import { askAgainAfter, runQuery } from './queries';
import { useRunStream } from './useRunStream';

/** The browser's stream, which jsdom does not have; the test says what arrives. */
class Stream extends EventTarget {
  static readonly CLOSED = 2;
  static opened: Stream[] = [];
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  constructor() {
    super();
    Stream.opened.push(this);
  }
  close() {
    this.readyState = Stream.CLOSED;
  }
  send(event: string, data: unknown) {
    act(() => void this.dispatchEvent(new MessageEvent(event, { data: JSON.stringify(data) })));
  }
}

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  Stream.opened = [];
  vi.stubGlobal('EventSource', Stream);
});
afterEach(() => {
  vi.unstubAllGlobals();
  server.resetHandlers();
});
afterAll(() => server.close());

function delivery(state: Delivery['state'], ...statuses: number[]): Delivery {
  const at = '2026-01-01T00:00:00.000Z';
  const attempts = statuses.map((statusCode, index) => ({
    number: index + 1, startedAt: at, durationMs: 5, statusCode, error: null, responseExcerpt: null,
  }));
  return { id: 'dlv_1', state, method: 'POST', url: 'https://ci.test', attempts, nextAttemptAt: null, triesUntil: at, createdAt: at, updatedAt: at };
}

function Page() {
  const { state } = useRunStream('r_1');
  return <Deliveries runId="r_1" stream={state} open />;
}

test('an attempt appears when the stream tells of it, and an older answer does not take it away', async () => {
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  let asked = 0;
  server.use(
    http.get('*/v1/actions/runs/r_1/deliveries', async () => {
      asked += 1;
      await held;
      return HttpResponse.json({ ok: true, deliveries: [delivery('PENDING')] });
    }),
  );
  renderInPortal(<Page />);
  await waitFor(() => expect(asked).toBe(1));
  const [stream] = Stream.opened;
  stream?.send('deliveries', { deliveries: [delivery('PENDING', 500)] });
  expect(await screen.findByText('Attempt 1: HTTP 500')).toBeInTheDocument();
  answer();
  stream?.send('deliveries', { deliveries: [delivery('SUCCEEDED', 500, 202)] });
  expect(await screen.findByText('Attempt 2: HTTP 202')).toBeInTheDocument();
  expect(screen.getByText('Succeeded')).toBeInTheDocument();
  expect(asked).toBe(1);
});

test('the run is what the stream told last', async () => {
  server.use(http.get('*/v1/actions/runs/r_1/deliveries', () => HttpResponse.json({ ok: true, deliveries: [] })));
  const client = createQueryClient();
  renderInPortal(<Page />, { client });
  await waitFor(() => expect(Stream.opened).toHaveLength(1));
  Stream.opened[0]?.send('run', { id: 'r_1', status: 'IN_PROGRESS' });
  Stream.opened[0]?.send('run', { id: 'r_1', status: 'SUCCESS' });
  await waitFor(() => expect(client.getQueryData(runQuery('r_1').queryKey)).toMatchObject({ status: 'SUCCESS' }));
});

test('deliveries are asked for again only while no stream tells of them', () => {
  const cancelled = delivery('CANCELLED');
  const then = Date.parse(cancelled.updatedAt);
  for (const stream of ['connecting', 'live'] as const) expect(askAgainAfter(stream, [cancelled], then)).toBe(false);
  expect(askAgainAfter('lost', [], then)).toBeGreaterThan(0);
  // An attempt that was under way as the run ended is recorded after the stream has closed.
  expect(askAgainAfter('ended', [cancelled], then)).toBeGreaterThan(0);
  expect(askAgainAfter('ended', [cancelled], then + 3_600_000)).toBe(false);
  expect(askAgainAfter('ended', [delivery('SUCCEEDED', 200)], then)).toBe(false);
});
